"""BM25 over Indonesian terms: SQLite FTS5 in the store's own file.

Being in the same file, it changes in the same transaction as the articles: the two can
never disagree after a crash. FTS5 scores with k1 = 1.2 and b = 0.75 (Robertson & Zaragoza
2009). The text is tokenised by `index.tokens` beforehand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from index.tokens import normalise_slang, tokens

_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS lexical USING fts5"
    "(title, body, detail = 'column', tokenize = \"unicode61 remove_diacritics 0 tokenchars '.-'\")"
)
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.lexical_terms USING fts5vocab('main', 'lexical', 'row')"


class LexicalIndex:
    """The chunks' terms, addressed by chunk id."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(_CREATE)
        db.execute(_VOCABULARY)

    def put(self, chunk_id: int, title: str, text: str) -> None:
        self._db.execute(
            "INSERT INTO lexical (rowid, title, body) VALUES (?, ?, ?)",
            (chunk_id, " ".join(tokens(title)), " ".join(tokens(text))),
        )

    def drop(self, ids: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM lexical WHERE rowid = ?", [(i,) for i in ids])

    def rebuild(self, chunks: Iterable[tuple[int, str, str]]) -> None:
        """Start over from (chunk id, title, text)."""
        self._db.execute("DROP TABLE IF EXISTS lexical")
        self._db.execute(_CREATE)
        for chunk_id, title, text in chunks:
            self.put(chunk_id, title, text)

    def ids(self) -> list[int]:
        return [row[0] for row in self._db.execute("SELECT rowid FROM lexical ORDER BY rowid")]

    def rows(self) -> dict[int, tuple[str, str]]:
        """Everything indexed: chunk id -> terms of its title and of its body."""
        return {i: (title, body) for i, title, body in self._db.execute("SELECT rowid, title, body FROM lexical")}

    def search(self, question: str, limit: int) -> list[tuple[int, float]]:
        """(chunk id, BM25 score) of the best chunks, best first; higher is better."""
        terms = query_terms(question)
        if not terms:
            return []
        rows = self._db.execute(
            "SELECT rowid, -rank FROM lexical WHERE lexical MATCH ? ORDER BY rank LIMIT ?",
            (_any_of(terms), limit),
        )
        return [(row[0], row[1]) for row in rows]

    def score(self, question: str, ids: Sequence[int]) -> dict[int, float]:
        """BM25 scores of these chunks; those that share no term with the question are left out."""
        terms = query_terms(question)
        if not terms or not ids:
            return {}
        rows = self._db.execute(
            "SELECT rowid, -rank FROM lexical WHERE lexical MATCH ?"
            # The plus keeps FTS5 from running the whole match once for each id.
            f" AND +rowid IN ({','.join('?' * len(ids))})",
            (_any_of(terms), *ids),
        )
        return dict(rows.fetchall())

    def terms(self, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        """The distinct terms of each chunk's body."""
        rows = self._db.execute(
            f"SELECT rowid, body FROM lexical WHERE rowid IN ({','.join('?' * len(ids))})", list(ids)
        )
        return {i: frozenset(body.split()) for i, body in rows}

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks each term occurs; absent terms are left out."""
        rows = self._db.execute(
            f"SELECT term, doc FROM temp.lexical_terms WHERE term IN ({','.join('?' * len(terms))})", list(terms)
        )
        return dict(rows.fetchall())

    def has_prefix(self, prefix: str) -> bool:
        """Whether any indexed term begins like this."""
        row = self._db.execute(
            "SELECT 1 FROM temp.lexical_terms WHERE term >= ? AND term < ? LIMIT 1", (prefix, prefix + "\U0010ffff")
        )
        return row.fetchone() is not None


def query_terms(question: str) -> list[str]:
    """The distinct terms of a question, its slang written out."""
    return list(dict.fromkeys(tokens(normalise_slang(question))))


def _any_of(terms: Iterable[str]) -> str:
    return " OR ".join(f'"{term}"' for term in terms)
