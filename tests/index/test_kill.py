"""Killed at any moment, the next add of the same source finishes the job: nothing lost, doubled or half."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from index import build, vectors
from index.build import NewsIndex
from index.chunk import chunk_article
from index.doctor import diagnose
from index.embed import Prefixes, SentenceTransformerEmbedder
from index.records import Article
from index.retrieve import Query
from tests.conftest import ROOT, TinyModel
from tests.fakes import FakeEmbedder

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chromadb", "index.build", "index.doctor", "tests.fakes"])

BEFORE, AFTER = 20, 30  # articles
STATEMENTS = 12  # kills at SQL statements
UPSERTS = 6  # kills while Chroma writes


def letters(n: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{n:03}")


def text_of(n: int, note: str) -> str:
    return " ".join(f"Kejadian tanda{letters(n)} {note} bagian{letters(part)} di desa warga." for part in range(45))


def first_source() -> list[Article]:
    return [Article(f"a-{n}", f"Judul {letters(n)}", text_of(n, "awal"), "Kabar Nusa") for n in range(BEFORE)]


def second_source() -> list[Article]:
    """Unchanged, changed in text, changed in title, copies and new articles, in turn."""
    articles = first_source()
    for n in range(BEFORE):
        if n % 4 == 1:
            articles[n] = Article(f"a-{n}", f"Judul {letters(n)}", text_of(n, "ralat"), "Kabar Nusa")
        elif n % 4 == 2:  # one in four
            articles[n] = Article(f"a-{n}", f"Ralat {letters(n)}", text_of(n, "awal"), "Kabar Nusa")
    articles += [Article(f"copy-{n}", f"Salinan {letters(n)}", text_of(n, "awal"), "Suara Kota") for n in range(5)]
    articles += [
        Article(f"a-{n}", f"Judul {letters(n)}", text_of(n, "baru"), "Kabar Nusa") for n in range(BEFORE, AFTER)
    ]
    return articles


FIRST = {a.id: a for a in first_source()}
SECOND = {a.id: a for a in second_source()}


# -- what the killed processes do ------------------------------------------------------------


def add(folder: Path, prepare: Callable[[NewsIndex], None] = lambda _: None, delay: float = 0.0) -> None:
    """Add the second source in small batches, so that there are many moments between."""
    build.BATCH, vectors.BATCH = 6, 7
    index = NewsIndex(folder, FakeEmbedder(delay=delay))
    prepare(index)
    index.add(second_source())
    index.close()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def add_until_statement(folder: Path, number: int) -> None:
    """Die just before the SQL statement of this number."""
    left = iter(range(number))

    def count(_: str) -> None:
        if next(left, None) is None:
            die()

    add(folder, lambda index: index.store.db.set_trace_callback(count))


def add_until_upsert(folder: Path, seconds: float) -> None:
    """Die this long after Chroma began to write."""
    fill = vectors.VectorIndex._fill

    def timed(self: vectors.VectorIndex, ids: list[int], progress: vectors.Progress) -> None:
        threading.Timer(seconds, die).start()
        fill(self, ids, progress)
        time.sleep(seconds)

    vectors.VectorIndex._fill = timed  # type: ignore[assignment,method-assign]  # in a process about to die
    add(folder)


def add_some(folder: Path, start: int, stop: int) -> None:
    build.BATCH = 4
    index = NewsIndex(folder, FakeEmbedder(delay=0.001))
    index.add([*first_source(), *(Article(f"own-{n}", "Milik", text_of(n, "sendiri")) for n in range(start, stop))])
    index.close()


def run(target: Callable[..., None], *arguments: object) -> int | None:
    process = started(target, *arguments)
    process.join(180)
    return process.exitcode


def started(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    process = PROCESSES.Process(target=target, args=arguments)
    process.start()
    return process


# -- what must hold --------------------------------------------------------------------------


def assert_whole(index: NewsIndex) -> None:
    """Every visible article has all its chunks, vectors and lexical rows, and is found by its own word."""
    for listed in index.store.listed():
        article = index.get(listed.id)
        assert article in (FIRST.get(article.id), SECOND.get(article.id))
        [text_id] = index.store._ids("SELECT text FROM versions WHERE article = ? AND current", (article.id,))
        ids = index.store._ids("SELECT id FROM chunks WHERE text = ? ORDER BY id", (text_id,))
        assert chunk_article(article) == [chunk for _, chunk in index.store.chunks(ids).values()]
        assert ids == index.store.vectors(ids)[0]
        assert ids == list(index.store.sentence_vectors(ids, 64))
        assert set(ids) == index.lexical.terms(ids).keys()
    for n in range(0, AFTER, 7):
        carriers = {
            a.id for a in map(index.get, (listed.id for listed in index.store.listed())) if letters(n) in a.text
        }
        found = index.search(Query(f"tanda{letters(n)}"), 3)
        assert not carriers or found[0].article.id in carriers


def assert_finished(index: NewsIndex) -> None:
    """Exactly the second source's articles, each version once, and the three stores agree."""
    assert {a.id: a for a in map(index.get, SECOND)} == SECOND
    assert len(SECOND) == index.store.counts()["articles"]
    changed = {i for i, a in FIRST.items() if SECOND[i] != a}
    assert {i: 2 if i in changed else 1 for i in SECOND} == {i: len(index.store.versions(i)) for i in SECOND}
    texts = {a.text_hash: a for a in SECOND.values()}
    assert sum(len(chunk_article(a)) for a in texts.values()) == index.store.counts()["chunks"]
    assert [] == diagnose(index)
    assert_whole(index)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the first source."""
    folder = tmp_path_factory.mktemp("base") / "index"
    index = NewsIndex(folder, FakeEmbedder())
    index.add(first_source())
    index.close()
    return folder


@pytest.fixture(scope="module")
def statements(base: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many SQL statements adding the second source takes."""
    folder = tmp_path_factory.mktemp("counted") / "index"
    shutil.copytree(base, folder)
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH", 6)
        patch.setattr(vectors, "BATCH", 7)
        index = NewsIndex(folder, FakeEmbedder())
        index.store.db.set_trace_callback(seen.append)
        index.add(second_source())
        index.store.db.set_trace_callback(None)
    assert_finished(index)
    index.close()
    return len(seen)


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "index"))


@pytest.fixture
def opened() -> Iterator[Callable[[Path], NewsIndex]]:
    indexes: list[NewsIndex] = []

    def factory(folder: Path) -> NewsIndex:
        indexes.append(NewsIndex(folder, FakeEmbedder()))
        return indexes[-1]

    yield factory
    for index in indexes:
        index.close()


Opened = Callable[[Path], NewsIndex]


def assert_recovers(folder: Path, opened: Opened) -> None:
    index = opened(folder)
    assert_whole(index)
    assert run(add, folder) == 0
    assert_finished(index)
    assert_finished(opened(folder))


@pytest.mark.parametrize("kill", range(STATEMENTS))
def test_killed_between_statements(folder: Path, statements: int, opened: Opened, kill: int) -> None:
    """From the first statement, through transactions, to the last one of the sync."""
    moment = random.Random(kill).randrange(statements * kill // STATEMENTS, statements * (kill + 1) // STATEMENTS)
    assert -signal.SIGKILL == run(add_until_statement, folder, moment)
    assert_recovers(folder, opened)


@pytest.mark.parametrize("kill", range(1, 5))
def test_killed_around_the_sync(folder: Path, statements: int, opened: Opened, kill: int) -> None:
    """The last statements mark Chroma dirty, and clean again."""
    assert -signal.SIGKILL == run(add_until_statement, folder, statements - kill)
    assert_recovers(folder, opened)


@pytest.mark.parametrize("kill", range(UPSERTS))
def test_killed_while_chroma_writes(folder: Path, opened: Opened, kill: int) -> None:
    """Whatever is left of Chroma, answers come from the store, and the next add builds it anew."""
    assert -signal.SIGKILL == run(add_until_upsert, folder, 0.004 * kill)
    assert_recovers(folder, opened)


@pytest.mark.parametrize("kill", range(4))
def test_killed_over_and_over(tmp_path: Path, opened: Opened, kill: int) -> None:
    """From nothing, killed at random moments again and again, until it is through."""
    moments = random.Random(kill)
    folder = tmp_path / "index"
    for _ in range(3):
        process = started(add, folder, no_preparation, 0.002)
        process.join(moments.uniform(0.05, 0.7))
        process.kill()
        process.join(180)
        assert_whole(opened(folder))
    assert run(add, folder) == 0
    index = opened(folder)
    assert {a.id: a for a in map(index.get, SECOND)} == SECOND
    assert {1} == {len(index.store.versions(i)) for i in SECOND}
    assert [] == diagnose(index)
    assert_whole(index)


def no_preparation(_: NewsIndex) -> None:
    """Nothing to prepare."""


def test_two_adders_at_once(tmp_path: Path, opened: Opened) -> None:
    """Both finish, what both add is there once, and the three stores agree; one of them killed changes nothing."""
    folder = tmp_path / "index"
    processes = [started(add_some, folder, 0, 6), started(add_some, folder, 3, 9), started(add_some, folder, 9, 12)]
    victim = started(add_some, folder, 0, 12)
    victim.join(0.3)
    victim.kill()
    for process in processes:
        process.join(180)
    assert [0, 0, 0] == [process.exitcode for process in processes]
    index = opened(folder)
    assert {*FIRST, *(f"own-{n}" for n in range(12))} == {listed.id for listed in index.store.listed()}
    assert {1} == {listed.version for listed in index.store.listed()}
    assert [] == diagnose(index)


@pytest.fixture
def configured(tmp_path: Path, tiny_model: TinyModel) -> Path:
    """A configuration with a model that loads fast."""
    path = tmp_path / "config.toml"
    path.write_text(f'[embedding]\nmodel = "{tiny_model("mean")}"\n')
    return path


def test_the_command_is_killed(tmp_path: Path, configured: Path, tiny_model: TinyModel) -> None:
    """`tanya add FILE`, killed while it works; the same command then finishes, and doctor is content."""
    source, data = tmp_path / "news.jsonl", tmp_path / "data"
    articles = [Article(f"a-{n}", f"Judul {letters(n)}", text_of(n, "awal")) for n in range(60)]
    source.write_text("".join(json.dumps({"id": a.id, "title": a.title, "text": a.text}) + "\n" for a in articles))
    options = ["--data-dir", str(data), "--config", str(configured)]
    command = [sys.executable, "-m", "bot", "add", str(source), *options]
    killed = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    embedder = SentenceTransformerEmbedder(str(tiny_model("mean")), Prefixes("query: ", "passage: "))
    deadline = time.monotonic() + 180
    while visible(data) == 0 and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.kill()
    assert -signal.SIGKILL == killed.wait()
    index = NewsIndex(data, embedder)
    already = {listed.id for listed in index.store.listed()}
    assert 0 < len(already) <= 60
    assert all(index.get(a.id) == a for a in articles if a.id in already)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"{60 - len(already)} new, 0 changed, {len(already)} unchanged, 0 copies, 0 failed\n" == done.stdout
    assert {a.id: a for a in articles} == {a.id: index.get(a.id) for a in articles}
    assert [] == diagnose(index)
    index.close()


def visible(data: Path) -> int:
    """How many articles another process sees."""
    path = data / "index.sqlite"
    if not path.exists():
        return 0
    index = NewsIndex(data, FakeEmbedder())
    try:
        return index.store.counts()["articles"]
    finally:
        index.close()
