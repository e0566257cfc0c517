"""SQLite: the articles, their versions, chunks and vectors. The one truth of an index.

A text is stored once, however many articles carry it; chunks and vectors belong to the
text, so exact copies are embedded once and survive the removal of either. Chroma and the
lexical index are derived from here.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import Embedding, Vector
from index.errors import IndexStateError
from index.records import ANYTHING, Article, Chunk, Filters, Span
from index.sql import marks, parts, statements, transaction

SCHEMA_VERSION = 1

_ARTICLE = "v.article, v.title, t.text, v.outlet, v.published, v.url, v.author, v.section"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of `tanya list`: an article without its text, and how often it changed."""

    id: str
    title: str
    outlet: str | None
    published: datetime | None
    version: int
    copies: int


class Store:
    """One SQLite file. Writes happen inside `transaction()`: whole or not at all."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        # One worker thread uses it at a time; which thread may change.
        try:
            self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self.db.create_function("casefold", 1, lambda name: name and name.casefold(), deterministic=True)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise IndexStateError(
                f"{path}: got {error}; expected a tanya index; restore it, or remove it and add the articles again"
            ) from error

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA foreign_keys = ON")
        found = self._user_version()
        if found == 0:
            with self.transaction():
                if self._user_version() == 0:  # another process may have been first
                    for statement in statements((files("index") / "schema.sql").read_text("utf-8")):
                        self.db.execute(statement)
                    self.db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif found != SCHEMA_VERSION:
            raise IndexStateError(
                f"{self.path}: got index format {found}, expected {SCHEMA_VERSION}; "
                "use the release that made it, or add the articles to a new --data-dir"
            )

    def _user_version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        self.db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside becomes visible to other readers at once, or never."""
        return transaction(self.db)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one state of the index, whatever is added meanwhile."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("COMMIT")

    # -- settings of the index -------------------------------------------------------

    def meta(self, key: str) -> str | None:
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- articles ----------------------------------------------------------------------

    def fingerprint_of(self, article_id: str) -> str | None:
        """The fingerprint of the current version, None for an unknown article."""
        row = self.db.execute(
            "SELECT fingerprint FROM versions WHERE article = ? AND current", (article_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def put_article(self, article: Article) -> int:
        """Make `article` the current version; gives the id of its text."""
        row = self.db.execute("SELECT max(number) FROM versions WHERE article = ?", (article.id,)).fetchone()
        self.db.execute("UPDATE versions SET current = 0 WHERE article = ? AND current", (article.id,))
        text_id = self._text_id(article)
        published = article.published
        self.db.execute(
            "INSERT INTO versions (article, number, current, fingerprint, title, outlet, published, day,"
            " url, author, section, text, added) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article.id, (row[0] or 0) + 1, article.fingerprint, article.title, article.outlet,
                published.isoformat() if published else None, published.date().isoformat() if published else None,
                article.url, article.author, article.section, text_id, datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )  # fmt: skip
        return text_id

    def _text_id(self, article: Article) -> int:
        self.db.execute("INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", (article.text_hash, article.text))
        row = self.db.execute("SELECT id FROM texts WHERE hash = ?", (article.text_hash,)).fetchone()
        return int(row[0])

    def owner_of(self, text_hash: str) -> str | None:
        """The article whose title stands before a text's chunks: its first carrier, if it has chunks."""
        row = self.db.execute(
            "SELECT v.article FROM texts t JOIN versions v ON v.text = t.id AND v.current WHERE t.hash = ?"
            " AND EXISTS (SELECT 1 FROM chunks WHERE text = t.id) ORDER BY v.id LIMIT 1",
            (text_hash,),
        ).fetchone()
        return None if row is None else str(row[0])

    def owners(self) -> list[tuple[int, str]]:
        """(text id, owner) of every text that a current article carries."""
        # SQLite takes the bare column from the row that holds the minimum.
        return [
            (row[0], row[1])
            for row in self.db.execute(
                "SELECT text, article, min(id) FROM versions WHERE current GROUP BY text ORDER BY text"
            )
        ]

    def text_ids_of(self, article_id: str) -> list[int]:
        """The texts of every version of an article."""
        return self._ids("SELECT DISTINCT text FROM versions WHERE article = ?", (article_id,))

    def all_text_ids(self) -> list[int]:
        return self._ids("SELECT id FROM texts")

    def remove_article(self, article_id: str) -> None:
        """Forget every version of an article; its texts and chunks stay until `drop_unused`."""
        self.db.execute("DELETE FROM versions WHERE article = ?", (article_id,))

    def drop_unused(self, text_ids: Sequence[int]) -> list[int]:
        """Delete the chunks among these texts that no current article carries, and give their ids.

        Texts that no version at all refers to go too. Chroma still holds the chunks:
        `dropped_chunk_ids` remembers them.
        """
        dropped = self._ids(
            f"SELECT id FROM chunks c WHERE text IN ({marks(text_ids)})"
            " AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text = c.text AND v.current)",
            text_ids,
        )
        self._delete_chunks(dropped)
        self.db.execute(
            f"DELETE FROM texts WHERE id IN ({marks(text_ids)})"
            " AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text = texts.id)",
            text_ids,
        )
        return dropped

    def delete_chunks(self, text_id: int, text: str) -> list[int]:
        """Clear a text of its chunks before new ones are cut from `text`; gives their ids.

        `text` equals the stored one but for white space, and replaces it: offsets are into it.
        """
        dropped = self._ids("SELECT id FROM chunks WHERE text = ?", (text_id,))
        self._delete_chunks(dropped)
        self.db.execute("UPDATE texts SET text = ? WHERE id = ?", (text, text_id))
        return dropped

    def _delete_chunks(self, ids: Sequence[int]) -> None:
        rows = [(i,) for i in ids]
        for table, column in (("vectors", "chunk"), ("sentence_vectors", "chunk"), ("chunks", "id")):
            self.db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)
        self.db.executemany("INSERT OR IGNORE INTO dropped_chunks VALUES (?)", rows)

    def article(self, article_id: str) -> Article | None:
        """The current version of an article, None for an unknown one."""
        return self.articles([article_id]).get(article_id)

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The current versions of those articles that exist, by id."""
        found = {}
        for part in parts(ids):
            rows = self.db.execute(
                f"SELECT {_ARTICLE} FROM versions v JOIN texts t ON t.id = v.text"
                f" WHERE v.article IN ({marks(part)}) AND v.current",
                part,
            )
            found.update({row[0]: _article(row) for row in rows})
        return found

    def copies(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Article id -> ids of the current articles with the same text, itself among them."""
        found: dict[str, list[str]] = {}
        for part in parts(ids):
            rows = self.db.execute(
                "SELECT v.article, o.article FROM versions v JOIN versions o ON o.text = v.text AND o.current"
                f" WHERE v.article IN ({marks(part)}) AND v.current ORDER BY o.id",
                part,
            )
            for article_id, copy in rows:
                found.setdefault(article_id, []).append(copy)
        return found

    def state(self) -> str:
        """SHA-256 over the current articles: changes whenever one is added, changed or removed."""
        digest = hashlib.sha256()
        for row in self.db.execute("SELECT article, fingerprint FROM versions WHERE current ORDER BY article"):
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def versions(self, article_id: str) -> list[tuple[int, str, str]]:
        """(number, title, added at) of every version of an article, oldest first."""
        return self.db.execute(
            "SELECT number, title, added FROM versions WHERE article = ? ORDER BY number", (article_id,)
        ).fetchall()

    def listed(self, filters: Filters = ANYTHING) -> list[Listed]:
        """Every current article that passes the filters, newest first, undated last."""
        where, values = _conditions(filters)
        rows = self.db.execute(
            "SELECT v.article, v.title, v.outlet, v.published, v.number,"
            " (SELECT count(*) - 1 FROM versions o WHERE o.text = v.text AND o.current)"
            f" FROM versions v WHERE v.current{where} ORDER BY v.day IS NULL, julianday(v.published) DESC, v.article",
            values,
        )
        return [Listed(r[0], r[1], r[2], _moment(r[3]), r[4], r[5]) for r in rows]

    def outlets(self) -> list[tuple[str | None, int]]:
        """Outlets with their number of articles, largest first."""
        return self.db.execute(
            "SELECT outlet, count(*) FROM versions WHERE current GROUP BY outlet ORDER BY 2 DESC, 1"
        ).fetchall()

    def counts(self) -> dict[str, int]:
        """Numbers of articles, texts without their copies, and chunks."""
        row = self.db.execute(
            "SELECT (SELECT count(*) FROM versions WHERE current),"
            " (SELECT count(DISTINCT text) FROM versions WHERE current), (SELECT count(*) FROM chunks)"
        ).fetchone()
        return dict(zip(("articles", "texts", "chunks"), row, strict=True))

    def chunk_count(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM chunks").fetchone()[0])

    # -- chunks and vectors --------------------------------------------------------------

    def put_chunk(self, text_id: int, chunk: Chunk, embedding: Embedding) -> int:
        """Store a chunk with its vectors; gives its id, which is never used again."""
        spans = np.array([(s.start, s.end) for s in chunk.sentences], np.int32)
        cursor = self.db.execute(
            "INSERT INTO chunks (text, start, stop, sentences) VALUES (?, ?, ?, ?)",
            (text_id, chunk.start, chunk.end, spans.tobytes()),
        )
        chunk_id = int(cursor.lastrowid or 0)
        self.db.execute("INSERT INTO vectors VALUES (?, ?)", (chunk_id, embedding.vector.astype("<f4").tobytes()))
        self.db.execute(
            "INSERT INTO sentence_vectors VALUES (?, ?)", (chunk_id, embedding.sentences.astype("<f2").tobytes())
        )
        return chunk_id

    def chunk_ids(self, after: int = 0) -> list[int]:
        return self._ids("SELECT id FROM chunks WHERE id > ? ORDER BY id", (after,))

    def last_chunk_id(self) -> int:
        return int(self.db.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0])

    def dropped_chunk_ids(self) -> list[int]:
        return self._ids("SELECT id FROM dropped_chunks ORDER BY id")

    def forget_dropped(self, ids: Iterable[int]) -> None:
        self.db.executemany("DELETE FROM dropped_chunks WHERE id = ?", [(i,) for i in ids])

    def admitted_chunks(self, filters: Filters, limit: int) -> list[int]:
        """Ids of chunks some article of which passes the filters; at most `limit`."""
        where, values = _conditions(filters)
        return self._ids(
            f"SELECT DISTINCT c.id FROM versions v JOIN chunks c ON c.text = v.text WHERE v.current{where} LIMIT ?",
            (*values, limit),
        )

    def chunks_of(self, articles: Sequence[str]) -> list[int]:
        """Ids of the chunks of these articles."""
        return self._ids(
            "SELECT DISTINCT c.id FROM versions v JOIN chunks c ON c.text = v.text "
            f"WHERE v.current AND v.article IN ({marks(articles)})",
            tuple(articles),
        )

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vector]:
        """The chunks among `ids` that exist and their vectors, shape (n, d), in the same order."""
        found = self._by_id("SELECT chunk, vector FROM vectors WHERE chunk IN ({})", ids)
        kept = [i for i in ids if i in found]
        data = b"".join(found[i][1] for i in kept)
        return kept, np.frombuffer(data, "<f4").reshape(len(kept), -1) if kept else np.empty((0, 0), np.float32)

    def sentence_vectors(self, ids: Sequence[int], dimension: int) -> dict[int, Vector]:
        """For each chunk, its sentences' vectors, shape (n, d)."""
        found = self._by_id("SELECT chunk, vectors FROM sentence_vectors WHERE chunk IN ({})", ids)
        return {i: np.frombuffer(row[1], "<f2").astype(np.float32).reshape(-1, dimension) for i, row in found.items()}

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[int, Chunk]]:
        """Chunk id -> (text id, chunk)."""
        query = (
            "SELECT c.id, c.text, substr(t.text, c.start + 1, c.stop - c.start), c.start, c.stop, c.sentences"
            " FROM chunks c JOIN texts t ON t.id = c.text WHERE c.id IN ({})"
        )
        return {i: (row[1], _chunk(row)) for i, row in self._by_id(query, ids).items()}

    def text_ids(self, chunk_ids: Sequence[int]) -> dict[int, int]:
        """Chunk id -> the id of the text it belongs to."""
        return {i: row[1] for i, row in self._by_id("SELECT id, text FROM chunks WHERE id IN ({})", chunk_ids).items()}

    def carriers(self, text_ids: Sequence[int], filters: Filters = ANYTHING) -> dict[int, list[str]]:
        """Text id -> ids of the current articles with that text which pass, earliest first."""
        where, values = _conditions(filters)
        carriers: dict[int, list[str]] = {}
        for part in parts(text_ids):
            rows = self.db.execute(
                f"SELECT v.text, v.article FROM versions v WHERE v.text IN ({marks(part)}) AND v.current{where}"
                " ORDER BY v.published IS NULL, julianday(v.published), v.id",
                (*part, *values),
            )
            for text_id, article_id in rows:
                carriers.setdefault(text_id, []).append(article_id)
        return carriers

    def chunk_texts(self, text_ids: Sequence[int] | None = None) -> Iterator[tuple[int, str, str]]:
        """(chunk id, owner's title, chunk text) of the chunks of these texts, or of all."""
        among = "" if text_ids is None else f" AND c.text IN ({marks(text_ids)})"
        yield from self.db.execute(
            "SELECT c.id, v.title, substr(t.text, c.start + 1, c.stop - c.start)"
            " FROM chunks c JOIN texts t ON t.id = c.text JOIN versions v ON v.id ="
            " (SELECT min(o.id) FROM versions o WHERE o.text = c.text AND o.current)"
            f" WHERE true{among} ORDER BY c.id",
            text_ids or (),
        )

    def _ids(self, query: str, values: Sequence[object] = ()) -> list[int]:
        return [row[0] for row in self.db.execute(query, values)]

    def _by_id(self, query: str, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        rows: dict[int, tuple[Any, ...]] = {}
        for part in parts(ids):
            for row in self.db.execute(query.format(marks(part)), part):
                rows[row[0]] = row
        return rows


def _conditions(filters: Filters) -> tuple[str, tuple[str, ...]]:
    tests = {
        "v.day >= ?": filters.since and filters.since.isoformat(),
        "v.day <= ?": filters.until and filters.until.isoformat(),
        "casefold(v.outlet) = casefold(?)": filters.outlet,
        "casefold(v.section) = casefold(?)": filters.section,
    }
    used = {test: value for test, value in tests.items() if value}
    return "".join(f" AND {test}" for test in used), tuple(used.values())


def _article(row: Sequence[str]) -> Article:
    article_id, title, text, outlet, published, url, author, section = row
    return Article(article_id, title, text, outlet, _moment(published), url, author, section)


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _chunk(row: tuple[Any, ...]) -> Chunk:
    _, _, text, start, stop, sentences = row
    spans = np.frombuffer(sentences, np.int32).reshape(-1, 2).tolist()
    return Chunk(text, start, stop, tuple(Span(a, b) for a, b in spans))
