"""Each kind of damage is found, named, and repaired."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from index.build import NewsIndex
from index.doctor import Finding, diagnose, repair
from index.retrieve import Query
from tests.conftest import MakeArticle, OpenIndex
from tests.fakes import DIMENSION

WORDS = ("zamrud", "safir", "topas", "opal", "granit", "basal", "marmer", "kuarsa", "batubara", "nikel", "timah")
COUNT = len(WORDS)


@pytest.fixture
def index(open_index: OpenIndex, make_article: MakeArticle) -> NewsIndex:
    index = open_index()
    index.add(make_article(f"a-{n}", f"Kejadian {WORDS[n]} dilaporkan warga.") for n in range(COUNT))
    return index


def lose_lexical_rows(index: NewsIndex) -> None:
    index.lexical.drop([2, 3])


def leave_lexical_rows(index: NewsIndex) -> None:
    index.lexical.put(99, "", "sisa")


def lose_chroma_ids(index: NewsIndex) -> None:
    index.vectors.ids()
    index.vectors._collection.delete(ids=["2", "3"])


def leave_chroma_ids(index: NewsIndex) -> None:
    index.vectors.ids()
    index.vectors._collection.upsert(ids=["99"], embeddings=[np.ones(DIMENSION, np.float32)])


def change_a_vector_in_chroma(index: NewsIndex) -> None:
    index.vectors.ids()
    index.vectors._collection.update(ids=["2"], embeddings=[np.ones(DIMENSION, np.float32)])


def change_a_vector_in_the_store(index: NewsIndex) -> None:
    index.store.db.execute("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE chunk = 2")


def lose_a_vector(index: NewsIndex) -> None:
    index.store.db.execute("DELETE FROM vectors WHERE chunk = 2")


def lose_sentence_vectors(index: NewsIndex) -> None:
    index.store.db.execute("DELETE FROM sentence_vectors WHERE chunk = 2")


def lose_a_chunk(index: NewsIndex) -> None:
    index.store._delete_chunks([2])
    index.lexical.drop([2])


def orphan_a_chunk(index: NewsIndex) -> None:
    index.store.remove_article("a-1")


def reach_beyond(index: NewsIndex) -> None:
    index.store.db.execute("UPDATE chunks SET stop = 9999 WHERE id = 2")


def change_lexical_terms(index: NewsIndex) -> None:
    index.lexical.drop([2])
    index.lexical.put(2, "Lain", "isi yang bukan miliknya")


def change_the_fingerprint(index: NewsIndex) -> None:
    index.store.set_meta("model_fingerprint", "none")


DAMAGE: list[tuple[Callable[[NewsIndex], None], Finding]] = [
    (lose_lexical_rows, Finding("lexical", "chunks missing", 2)),
    (leave_lexical_rows, Finding("lexical", "chunks too many", 1)),
    (lose_chroma_ids, Finding("chroma", "chunks missing", 2)),
    (leave_chroma_ids, Finding("chroma", "chunks too many", 1)),
    (change_a_vector_in_chroma, Finding("chroma", "vectors other than the store's", 1)),
    (change_a_vector_in_the_store, Finding("chroma", "vectors other than the store's", 1)),
    (lose_a_vector, Finding("store", "chunks without a vector", 1)),
    (lose_sentence_vectors, Finding("store", "chunks without sentence vectors", 1)),
    (lose_a_chunk, Finding("store", "articles whose text has no chunks", 1)),
    (orphan_a_chunk, Finding("store", "chunks that no current article carries", 1)),
    (reach_beyond, Finding("store", "chunks that reach beyond their text", 1)),
]


def test_a_sound_index(index: NewsIndex) -> None:
    assert [] == diagnose(index)
    repair(index, [])


@pytest.mark.parametrize(("damage", "expected"), DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def test_found_and_named(index: NewsIndex, damage: Callable[[NewsIndex], None], expected: Finding) -> None:
    damage(index)
    assert expected in diagnose(index)


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGE], ids=lambda damage: damage.__name__)
def test_repaired(index: NewsIndex, damage: Callable[[NewsIndex], None]) -> None:
    """Afterwards nothing is found, and every article answers for its own word."""
    damage(index)
    repair(index, diagnose(index))
    assert [] == diagnose(index)
    for listed in index.store.listed():
        assert listed.id == index.search(Query(WORDS[int(listed.id[2:])]))[0].article.id


def test_other_terms_than_the_texts_are_found(index: NewsIndex) -> None:
    """A lexical row of the right number with the wrong words is a disagreement too."""
    change_lexical_terms(index)
    findings = diagnose(index)
    assert ["lexical"] == [finding.part for finding in findings]
    repair(index, findings)
    assert [] == diagnose(index)


def test_every_vector_is_compared(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """One changed vector among many is reported: "every disagreement" is no sample."""
    index = open_index()
    index.add(make_article(f"a-{n}", f"Kejadian kata{n} dilaporkan.") for n in range(600))
    for chunk_id in (5, 305, 600):
        index.store.db.execute("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE chunk = ?", (chunk_id,))
    assert [("chroma", 3)] == [(finding.part, finding.count) for finding in diagnose(index)]


def test_what_waits_for_a_sync_is_named(index: NewsIndex, make_article: MakeArticle) -> None:
    """An addition that Chroma has not got yet is found by every search, and doctor brings it there."""
    index.add([make_article("new", "Kejadian intan.")], sync=False)
    assert "new" == index.search(Query("intan"))[0].article.id
    findings = diagnose(index)
    assert [Finding("chroma", "chunks missing", 1)] == findings
    repair(index, findings)
    assert [] == diagnose(index)


def test_an_emptied_index(index: NewsIndex) -> None:
    for listed in index.store.listed():
        index.remove(listed.id)
    assert [] == diagnose(index)


def test_a_new_index(open_index: OpenIndex) -> None:
    assert [] == diagnose(open_index())


def test_diagnosing_changes_nothing(index: NewsIndex) -> None:
    lose_chroma_ids(index)
    lose_lexical_rows(index)
    assert diagnose(index) == diagnose(index)
    assert 2 == len(diagnose(index))
