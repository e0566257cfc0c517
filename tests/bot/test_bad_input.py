"""2,000 generated files and questions through the commands themselves: never a crash, always a clear line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assemble import samples
from tests.bot.conftest import Tanya
from tests.fakes import FakeEmbedder

FILES, PER_FOLDER, QUESTIONS = 1_500, 20, 500

pytestmark = pytest.mark.usefixtures("quick_reader")  # the trained one has odd questions of its own in tests/bot/reader


@pytest.fixture(scope="module")
def tanya_fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tanya]:
    """The command with the sample articles under a stand-in for the model."""
    fake = FakeEmbedder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.assemble.make_embedder", lambda _: fake)
        tanya = Tanya(tmp_path_factory.mktemp("bad-input") / "data")
        assert 0 == tanya("add", samples()).code
        yield tanya


PROSE = "Banjir merendam Demak pada Rabu (4/3/2026). Sebanyak 1.240 warga mengungsi."
_MARKUP = (
    "---\n",
    "title: x\n",
    "# Judul\n",
    "<html><body><p>",
    "</p>",
    "<!--",
    '{"text": "',
    '"}\n',
    "text,id\n",
    "&amp;",
)
_NOISE = (
    "Baca juga: ",
    "SCROLL TO CONTINUE WITH CONTENT",
    "\u200b",
    "\ufeff",
    "Ã©",
    "“",
    "é",
    "\0",
    "\x1b[31m",
    "[",
    ",",
    '"',
)
pieces = st.sampled_from([PROSE, "\n", *_MARKUP, *_NOISE])
messy = st.lists(pieces | st.text(max_size=30), max_size=12).map("".join)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | messy | st.just("2026-03-04T10:00:00+07:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
names = st.sampled_from(["id", "title", "text", "source", "outlet", "published", "date", "url", "author", "section"])
records = st.dictionaries(names, values, max_size=8) | st.fixed_dictionaries({"text": st.just(PROSE), "id": values})


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    table = io.StringIO()
    writer = csv.DictWriter(table, sorted({name for row in rows for name in row}))
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue().encode("utf-8", "surrogatepass")


json_lines = st.lists(records, max_size=3).map(lambda found: "".join(json.dumps(r) + "\n" for r in found).encode())
contents = {
    ".txt": messy.map(str.encode) | st.binary(max_size=200),
    ".md": messy.map(lambda text: f"---\ntitle: {text}".encode()) | messy.map(str.encode),
    ".html": messy.map(lambda text: f"<html><body><article>{text}".encode()) | st.binary(max_size=200),
    ".jsonl": json_lines | messy.map(str.encode) | st.binary(max_size=200),
    ".jsonl.gz": json_lines.map(gzip.compress)
    | json_lines.map(lambda d: gzip.compress(d)[:-9])
    | st.binary(max_size=99),
    ".csv": st.lists(records, min_size=1, max_size=3).map(as_csv) | messy.map(str.encode) | st.binary(max_size=200),
}
files = st.sampled_from(sorted(contents)).flatmap(lambda suffix: st.tuples(st.just(suffix), contents[suffix]))


@settings(max_examples=FILES // PER_FOLDER, derandomize=True)
@given(st.lists(files, min_size=PER_FOLDER, max_size=PER_FOLDER))
def test_any_file_is_added_or_listed_with_its_reason(tanya_fake: Tanya, found: list[tuple[str, bytes]]) -> None:
    """Twenty files at a time: each failure is one line with its place and its reason, the summary adds up."""
    folder = Path(tempfile.mkdtemp())
    try:
        for number, (suffix, data) in enumerate(found):
            (folder / f"{number}{suffix}").write_bytes(data)
        outcome = tanya_fake("add", *sorted(folder.iterdir()))
    finally:
        shutil.rmtree(folder)
    reasons = outcome.err.split("\n")[:-1]
    assert outcome.out.endswith(f" copies, {len(reasons)} failed\n")
    assert (1 if reasons else 0) == outcome.code
    for reason in reasons:
        assert reason.startswith(f"  {folder}/")
        assert reason.isprintable()
        assert len(reason.partition(": ")[2]) > 10


_WORDS = (
    "berapa siapa kapan di mana kenapa bagaimana how who yg knp itu dia kemarin 4/3/2026 banjir Demak pengungsi gempa "
    "Padang harga cabai \" ' * ( ) NEAR AND OR NOT : ^ - -- % _ \\ ; ? ! … “ é 👍 \u200b \0 \x1b[31m ² Ⅷ 1.240 Rp5.000"
)
words = st.sampled_from(_WORDS.split(" "))
questions = (
    st.text(max_size=60)
    | st.lists(words, max_size=12).map(" ".join)
    | st.text(min_size=1, max_size=9).map(lambda text: (text * 1_100)[:1_050])
)


@settings(max_examples=QUESTIONS * 9 // 10, derandomize=True)
@given(questions)
def test_any_question_is_answered_refused_or_told_why_not(tanya_fake: Tanya, question: str) -> None:
    """Status 0 with something to read, or status 1 with one line."""
    outcome = tanya_fake("ask", "--", question)
    if outcome.code == 0:
        assert outcome.out.strip()
        assert "" == outcome.err
    else:
        assert (1, "") == (outcome.code, outcome.out)
        assert outcome.err.startswith("tanya: ")
        assert 1 == outcome.err.count("\n")


@settings(max_examples=QUESTIONS // 10, derandomize=True)
@given(questions, st.text(max_size=20), st.dates(), st.text(max_size=20))
def test_any_filter_is_borne(tanya_fake: Tanya, question: str, outlet: str, since: Any, section: str) -> None:
    """Filters with any content, and the answer as JSON."""
    options = ("--outlet", outlet, "--section", section, "--since", since.isoformat(), "--json")
    outcome = tanya_fake("ask", *options, "--", question)
    assert outcome.code in (0, 1)
    assert 1 - outcome.code == bool(outcome.out)
    assert not outcome.out or outcome.json["status"] in ("answered", "not_in_articles", "chat", "digest")
