"""The store: versions, copies and chunks survive, and a file that is no index is refused."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index.chunk import chunk_article
from index.embed import Embedding
from index.errors import IndexStateError
from index.records import Article, Filters
from index.store import SCHEMA_VERSION, Store
from tests.conftest import MakeArticle


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "index.sqlite")


def put(store: Store, article: Article) -> list[int]:
    """Store an article with chunks of made-up vectors; gives the chunk ids."""
    text_id = store.put_article(article)
    chunks = chunk_article(article, words=10)
    return [
        store.put_chunk(
            text_id,
            chunk,
            Embedding(np.full(4, n + 0.5, np.float32), np.full((len(chunk.sentences), 4), n, np.float32)),
        )
        for n, chunk in enumerate(chunks)
    ]


def test_an_article_round_trips(store: Store, make_article: MakeArticle) -> None:
    """Every field comes back, the offset of its time zone included."""
    article = make_article(
        title="“Kutip” 🙂", text="Satu.\n\nDua é.", published="2026-03-04T09:15+09:00", url="https://x.example/1",
        author="Galuh", section=None,
    )  # fmt: skip
    store.put_article(article)
    assert article == store.article("kn-1")
    bare = Article("b", "", "Teks.")
    store.put_article(bare)
    assert bare == store.article("b")
    assert store.article("none") is None


def test_chunks_and_vectors_round_trip(store: Store, make_article: MakeArticle) -> None:
    """A chunk's text is cut from the stored text at its offsets, beyond the basic plane too."""
    article = make_article(text="🙂 Banjir merendam desa. “Air naik,” kata é. " * 10)
    ids = put(store, article)
    chunks = chunk_article(article, words=10)
    assert len(chunks) > 2
    assert dict(zip(ids, chunks, strict=True)) == {i: chunk for i, (_, chunk) in store.chunks(ids).items()}
    kept, vectors = store.vectors([ids[1], 999, ids[0]])
    assert [ids[1], ids[0]] == kept
    assert [[1.5] * 4, [0.5] * 4] == vectors.tolist()
    assert {ids[1]: (len(chunks[1].sentences), 4)} == {
        i: v.shape for i, v in store.sentence_vectors([ids[1]], 4).items()
    }


def test_chunk_ids_are_never_used_again(store: Store, make_article: MakeArticle) -> None:
    """Chroma may still hold an old id: a new chunk must not be mistaken for it."""
    before = put(store, make_article())
    texts = store.text_ids_of("kn-1")
    store.remove_article("kn-1")
    assert before == store.drop_unused(texts)
    after = put(store, make_article())
    assert max(before) < min(after)
    assert before == store.dropped_chunk_ids()


def test_versions_are_kept(store: Store, make_article: MakeArticle) -> None:
    store.put_article(make_article(title="Awal"))
    store.put_article(make_article(title="Ralat"))
    assert [(1, "Awal"), (2, "Ralat")] == [(number, title) for number, title, _ in store.versions("kn-1")]
    assert "Ralat" == store.article("kn-1").title  # type: ignore[union-attr]
    assert [2] == [listed.version for listed in store.listed()]
    assert {"articles": 1, "texts": 1, "chunks": 0} == store.counts()


def test_an_unfinished_transaction_leaves_nothing(store: Store, make_article: MakeArticle) -> None:
    """An error in the middle takes everything back."""
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012  # that it raises late is the point
        put(store, make_article())
        raise ZeroDivisionError
    assert {"articles": 0, "texts": 0, "chunks": 0} == store.counts()
    assert {"articles": 0, "texts": 0, "chunks": 0} == Store(store.path).counts()


def test_a_snapshot_does_not_move(store: Store, make_article: MakeArticle) -> None:
    """What another process adds meanwhile is seen after the snapshot, not within it."""
    other = Store(store.path)
    with store.snapshot():
        assert [] == store.listed()
        put(other, make_article())
        assert [] == store.listed()
    assert ["kn-1"] == [listed.id for listed in store.listed()]
    other.close()


DATED = {
    "early": ("2026-03-03T23:59", "Kabar Nusa", "Daerah"),
    "first": ("2026-03-04T00:00", "Kabar Nusa", "Olahraga"),
    "last": ("2026-03-05T23:59+09:00", "Suara Kota", "Daerah"),
    "late": ("2026-03-06T00:00", "Suara Kota", None),
    "undated": (None, "kabar nusa", "Daerah"),
    "nobody": ("2026-03-04T12:00", None, "Daerah"),
}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"early", "first", "last", "late", "undated", "nobody"}),
        (Filters(since=date(2026, 3, 4)), {"first", "last", "late", "nobody"}),
        (Filters(until=date(2026, 3, 5)), {"early", "first", "last", "nobody"}),
        (Filters(since=date(2026, 3, 4), until=date(2026, 3, 5)), {"first", "last", "nobody"}),
        (Filters(outlet="KABAR NUSA"), {"early", "first", "undated"}),
        (Filters(outlet="Kabar"), set()),
        (Filters(section="daerah"), {"early", "last", "undated", "nobody"}),
        (Filters(outlet="suara kota", section="Daerah", since=date(2026, 3, 5)), {"last"}),
        (Filters(outlet="'; DROP TABLE versions; --"), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_filters(store: Store, make_article: MakeArticle, filters: Filters, expected: set[str]) -> None:
    """Days are inclusive and in the article's own zone; an article without a date fails a date filter."""
    chunks: dict[int, str] = {}
    for article_id, (published, outlet, section) in DATED.items():
        article = make_article(
            article_id, f"Berita {article_id} hari ini.", published=published, outlet=outlet, section=section
        )
        chunks |= dict.fromkeys(put(store, article), article_id)
    assert expected == {listed.id for listed in store.listed(filters)}
    assert expected == {chunks[i] for i in store.admitted_chunks(filters, 100)}


@pytest.mark.parametrize("name", ["Éxposé Jambi", "ПРАВДА", "Ω Daily"])
def test_names_match_without_case_beyond_ascii(store: Store, make_article: MakeArticle, name: str) -> None:
    """Names match case-insensitively: an accent makes no difference to that."""
    store.put_article(make_article(outlet=name, section=name))
    assert ["kn-1"] == [listed.id for listed in store.listed(Filters(outlet=name.swapcase()))]
    assert ["kn-1"] == [listed.id for listed in store.listed(Filters(section=name.swapcase()))]


def test_listed_newest_first(store: Store, make_article: MakeArticle) -> None:
    """Moments compare across time zones; undated articles come last."""
    for article_id, published in {
        "a": "2026-03-04T10:00+07:00", "b": "2026-03-04T11:00+09:00", "c": None, "d": "2026-03-05",
    }.items():  # fmt: skip
        store.put_article(make_article(article_id, f"Berita {article_id}.", published=published))
    assert ["d", "a", "b", "c"] == [listed.id for listed in store.listed()]


def test_the_earliest_carrier_comes_first(store: Store, make_article: MakeArticle) -> None:
    """Of copies, the one published first stands for the text, across time zones."""
    for article_id, published in {"c": None, "wit": "2026-03-04T11:00+09:00", "wib": "2026-03-04T10:00+07:00"}.items():
        text_id = store.put_article(make_article(article_id, published=published))
    assert {text_id: ["wit", "wib", "c"]} == store.carriers([text_id])
    assert [2, 2, 2] == [listed.copies for listed in store.listed()]


def test_many_ids_at_once(store: Store, make_article: MakeArticle) -> None:
    """More ids than SQLite takes variables."""
    ids = put(store, make_article())
    kept, _ = store.vectors([*range(1_000, 60_000), *ids])
    assert ids == kept


def test_other_articles_files_are_refused(tmp_path: Path) -> None:
    """A file that is not SQLite names itself and the remedy, in one line, and stays as it was."""
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"PK\x03\x04 not a database " * 400)
    with pytest.raises(IndexStateError, match=r"^.*index\.sqlite: got .*; expected a tanya index; .*$"):
        Store(path)
    assert b"PK\x03\x04 not a database " * 400 == path.read_bytes()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file with tables of its own is not silently filled with ours."""
    path = tmp_path / "index.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE meta (other TEXT)")
    db.close()
    with pytest.raises(IndexStateError):
        Store(path)


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 999])
def test_a_newer_format_is_refused(store: Store, version: int) -> None:
    """An index of a later release says so, and is not touched."""
    store.db.execute(f"PRAGMA user_version = {version}")
    store.close()
    with pytest.raises(
        IndexStateError, match=f"got index format {version}, expected {SCHEMA_VERSION}; use the release"
    ):
        Store(store.path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").mkdir()
    with pytest.raises(IndexStateError):
        Store(tmp_path / "index.sqlite")


def test_meta_round_trips(store: Store) -> None:
    assert store.meta("model") is None
    store.set_meta("model", "a")
    store.set_meta("model", "b")
    assert "b" == store.meta("model")
