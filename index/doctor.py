"""Compare the store with what is derived from it, and say every disagreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.build import NewsIndex
from index.tokens import tokens
from index.vectors import BATCH


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: which part, what is wrong with it, and how many chunks it touches."""

    part: str
    problem: str
    count: int


def diagnose(index: NewsIndex) -> list[Finding]:
    """Everything that is wrong with an index; an empty list is a clean bill of health."""
    with index.store.snapshot():
        return [f for f in (*_store(index), *_lexical(index), *_chroma(index)) if f.count]


def repair(index: NewsIndex, findings: list[Finding]) -> None:
    """Mend what `diagnose` found: derive again, and embed again where the store itself has gaps."""
    if findings:
        index.rebuild(embed=any(f.part == "store" for f in findings))


def _store(index: NewsIndex) -> list[Finding]:
    problems = {
        "articles whose text has no chunks": "SELECT count(*) FROM versions v WHERE v.current"
        " AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.text = v.text)",
        "chunks that no current article carries": "SELECT count(*) FROM chunks c"
        " WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.text = c.text AND v.current)",
        "chunks without a vector": "SELECT count(*) FROM chunks WHERE id NOT IN (SELECT chunk FROM vectors)",
        "chunks without sentence vectors": "SELECT count(*) FROM chunks"
        " WHERE id NOT IN (SELECT chunk FROM sentence_vectors)",
        "chunks that reach beyond their text": "SELECT count(*) FROM chunks c JOIN texts t ON t.id = c.text"
        " WHERE c.start < 0 OR c.start >= c.stop OR c.stop > length(t.text)",
        "pages damaged on disk": "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    }
    return [Finding("store", text, index.store.db.execute(sql).fetchone()[0]) for text, sql in problems.items()]


def _lexical(index: NewsIndex) -> list[Finding]:
    expected = {i: (" ".join(tokens(title)), " ".join(tokens(text))) for i, title, text in index.store.chunk_texts()}
    found = index.lexical.rows()
    changed = sum(found[i] != terms for i, terms in expected.items() if i in found)
    return [
        *_difference("lexical", set(expected), set(found)),
        Finding("lexical", "chunks with other terms than their text", changed),
    ]


def _chroma(index: NewsIndex) -> list[Finding]:
    expected = set(index.store.chunk_ids())
    ids = index.vectors.ids()
    if ids is None:
        return [Finding("chroma", "chunks in a store that is damaged or was left half written", len(expected))]
    waiting = set(index.store.dropped_chunk_ids())
    return [
        *_difference("chroma", expected, set(ids) - waiting),
        Finding("chroma", "vectors other than the store's", _changed(index, sorted(expected & set(ids)))),
    ]


def _changed(index: NewsIndex, ids: list[int]) -> int:
    changed = 0
    for at in range(0, len(ids), BATCH):
        kept, ours = index.store.vectors(ids[at : at + BATCH])
        theirs = index.vectors.vectors(kept)
        changed += sum(not np.allclose(ours[n], theirs[i], atol=1e-5) for n, i in enumerate(kept))
    return changed


def _difference(part: str, expected: set[int], found: set[int]) -> list[Finding]:
    return [
        Finding(part, "chunks missing", len(expected - found)),
        Finding(part, "chunks too many", len(found - expected)),
    ]
