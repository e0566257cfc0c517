"""Chroma is a cache: whatever happens to it, a search gives what the store holds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build import NewsIndex
from index.doctor import diagnose, repair
from index.records import Article
from index.vectors import VectorIndex
from tests.conftest import ROOT, MakeArticle, OpenIndex
from tests.fakes import DIMENSION, FakeEmbedder

COUNT = 40


@pytest.fixture
def articles(make_article: MakeArticle) -> list[Article]:
    return [make_article(f"a-{n}", f"Kejadian {words(n)} dilaporkan warga desa.") for n in range(COUNT)]


def words(n: int) -> str:
    return f"kata{n} hal{n // 2} topik{n // 5}"


@pytest.fixture
def index(open_index: OpenIndex, articles: list[Article]) -> NewsIndex:
    index = open_index()
    index.add(articles)
    return index


def expected(index: NewsIndex, limit: int = 10) -> list[int]:
    """The nearest chunks by brute force over the store's vectors."""
    query = index.embedder.embed_query(words(7))
    hits = index.vectors.exact(query, index.store.chunk_ids())
    return [i for i, _ in sorted(hits, key=lambda hit: -hit[1])[:limit]]


def found(index: NewsIndex, limit: int = 10) -> list[int]:
    return [i for i, _ in index.vectors.search(index.embedder.embed_query(words(7)), limit)]


def only_chroma(index: NewsIndex, limit: int = 10) -> list[int]:
    """What Chroma itself answers, without the chunks it does not hold yet."""
    index.vectors._for_reading()
    return [i for i, _ in index.vectors._ask_chroma(index.embedder.embed_query(words(7)), limit)]


def delete(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_contents(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def fill_with_garbage(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage " * 500)


def truncate(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:100])


def delete_database(folder: Path) -> None:
    for path in folder.rglob("chroma.sqlite3"):
        path.unlink()


def damage_the_graph(folder: Path) -> None:
    for path in folder.rglob("*.bin"):
        path.write_bytes(b"\xff" * 64)


def replace_with_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


DAMAGE = [delete, delete_contents, fill_with_garbage, truncate, delete_database, damage_the_graph, replace_with_a_file]


def test_cosines_are_exact(index: NewsIndex) -> None:
    """Chroma's answer is that of comparing one by one, nearest first."""
    query = index.embedder.embed_query(words(7))
    exact = dict(index.vectors.exact(query, index.store.chunk_ids()))
    hits = index.vectors.search(query, 10)
    assert expected(index) == [i for i, _ in hits]
    assert [exact[i] for i, _ in hits] == pytest.approx([similarity for _, similarity in hits], abs=1e-5)
    assert expected(index) == only_chroma(index)


def test_what_chroma_lacks_is_compared_one_by_one(index: NewsIndex, make_article: MakeArticle) -> None:
    """An addition without a sync is found at once, and Chroma was not touched."""
    index.add([make_article("new", f"{words(7)}.")], sync=False)
    newest = index.store.last_chunk_id()
    assert newest == found(index)[0]
    assert newest not in (index.vectors.ids() or [])
    index.vectors.sync()
    assert newest == only_chroma(index)[0]


def test_what_is_gone_is_not_found(index: NewsIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk that Chroma still holds, and the store does not, takes no place in the answer."""
    monkeypatch.setattr(index.vectors, "sync", lambda: None)
    gone = expected(index, 3)
    for chunk_id in gone:
        index.remove(index.store.carriers([index.store.text_ids([chunk_id])[chunk_id]]).popitem()[1][0])
    assert 10 == len(found(index))
    assert expected(index) == found(index)
    assert set(gone) < set(index.vectors.ids() or [])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of more chunks than Chroma keeps in its log: its graph lies on disk."""
    folder = tmp_path_factory.mktemp("large")
    in_a_process("add", folder, 1_100)
    return folder


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
class TestDamagedChroma:
    """Each kind of damage, met by a process that opens the index afterwards."""

    @pytest.fixture
    def damaged(self, tmp_path: Path, large: Path, damage: Callable[[Path], None]) -> Path:
        folder = tmp_path / "damaged"
        shutil.copytree(large, folder)
        damage(folder / "chroma")
        return folder

    def test_search_is_right(self, damaged: Path, open_index: OpenIndex) -> None:
        """A question gets the same answer as before."""
        index = open_index(damaged)
        assert expected(index) == found(index)

    def test_sync_restores(self, damaged: Path, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """The next addition builds Chroma anew, without embedding anything but the new article."""
        embedder = FakeEmbedder()
        index = open_index(damaged, embedder=embedder)
        index.add([make_article("new", f"{words(7)}.")])
        assert 1 == embedder.passages
        assert index.store.chunk_ids() == index.vectors.ids()
        assert expected(index) == found(index) == only_chroma(index)

    def test_doctor_repairs(self, damaged: Path, open_index: OpenIndex) -> None:
        """The damage is named, and mended without embedding."""
        embedder = FakeEmbedder()
        index = open_index(damaged, embedder=embedder)
        findings = diagnose(index)
        assert {"chroma"} == {finding.part for finding in findings}
        repair(index, findings)
        assert [] == diagnose(index)
        assert 0 == embedder.passages
        assert expected(index) == found(index) == only_chroma(index)


@pytest.mark.parametrize("damage", [delete, fill_with_garbage, damage_the_graph], ids=lambda damage: damage.__name__)
def test_damage_under_an_open_index(index: NewsIndex, damage: Callable[[Path], None]) -> None:
    """A process that has Chroma open when it is damaged still answers."""
    assert expected(index) == found(index)
    damage(index.folder / "chroma")
    assert expected(index) == found(index)


def test_a_dirty_chroma_is_not_asked(index: NewsIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was interrupted in the middle of a write is trusted with nothing, and built anew by the next sync."""
    state = json.loads(index.store.meta("chroma") or "")
    index.store.set_meta("chroma", json.dumps({**state, "dirty": True}))
    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "_ask_chroma", lambda *_: pytest.fail("asked a dirty Chroma"))
        assert expected(index) == found(index)
    assert index.vectors.ids() is None
    index.vectors.sync()
    assert index.store.chunk_ids() == index.vectors.ids()
    assert 1 == len(list((index.folder / "chroma").iterdir()))


def test_sync_without_changes_does_nothing(index: NewsIndex) -> None:
    before = index.store.meta("chroma")
    index.vectors.sync()
    assert before == index.store.meta("chroma")


def test_progress_counts_chunks(index: NewsIndex) -> None:
    """A rebuild reports every chunk once."""
    seen: list[int] = []
    index.vectors.rebuild(seen.append)
    assert COUNT == sum(seen)


def test_an_empty_index(open_index: OpenIndex) -> None:
    index = open_index()
    assert [] == found(index)
    index.vectors.sync()
    assert [] == found(index)
    assert [] == diagnose(index)


def test_chroma_keeps_the_stores_vectors(index: NewsIndex) -> None:
    ids = index.store.chunk_ids()
    _, ours = index.store.vectors(ids)
    index.vectors.ids()
    theirs = index.vectors.vectors(ids)
    assert (COUNT, DIMENSION) == ours.shape
    assert ours == pytest.approx(np.array([theirs[i] for i in ids]), abs=1e-6)


class TestAnotherProcess:
    """One process asks, another one writes."""

    def test_additions_are_seen(self, index: NewsIndex) -> None:
        """Without reopening: new articles are found before and after the other's sync."""
        assert expected(index) == found(index)
        in_a_process("add_unsynced", index.folder, COUNT + 5)
        assert COUNT + 5 == len(index.store.chunk_ids())
        assert expected(index) == found(index)
        in_a_process("add", index.folder, COUNT + 10)
        assert COUNT + 10 == len(index.store.chunk_ids())
        assert expected(index) == found(index)

    def test_removals_leave_no_gaps(self, index: NewsIndex) -> None:
        """What the other removed and synced neither shows nor takes the place of what is still there."""
        assert expected(index) == found(index)
        in_a_process("remove_first", index.folder, 30)
        assert COUNT - 30 == len(index.store.chunk_ids())
        assert expected(index, 5) == found(index, 5)

    def test_a_rebuild_is_followed(self, index: NewsIndex) -> None:
        """A Chroma built anew, in another folder, is the one that is asked from then on."""
        assert expected(index) == found(index)
        in_a_process("rebuild", index.folder, 0)
        assert expected(index) == found(index) == only_chroma(index)

    def test_writing_after_the_other_wrote(self, index: NewsIndex, make_article: MakeArticle) -> None:
        """This process syncs over what the other synced, and the three agree."""
        in_a_process("add", index.folder, COUNT + 5)
        index.add([make_article("mine", f"{words(7)} lagi.")])
        assert COUNT + 6 == len(index.vectors.ids() or [])
        assert [] == diagnose(index)
        assert expected(index) == found(index) == only_chroma(index)


def in_a_process(action: str, folder: Path, count: int) -> None:
    """Do something to an index in a process of its own, which ends before this returns."""
    subprocess.run([sys.executable, "-m", "tests.index.test_vectors", action, folder, str(count)], cwd=ROOT, check=True)


def main(action: str, folder: str, count: int) -> None:
    index = NewsIndex(Path(folder), FakeEmbedder())
    if action.startswith("add"):
        articles = (
            Article(f"a-{n}", "Banjir Demak", f"Kejadian {words(n)} dilaporkan warga desa.") for n in range(count)
        )
        known = {listed.id for listed in index.store.listed()}
        index.add((a for a in articles if a.id not in known), sync=action == "add")
    elif action == "remove_first":
        by_nearness = expected(index, count)
        texts = index.store.text_ids(by_nearness)
        for chunk_id in by_nearness:
            index.remove(index.store.carriers([texts[chunk_id]])[texts[chunk_id]][0])
    elif action == "rebuild":
        index.rebuild()
    index.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
