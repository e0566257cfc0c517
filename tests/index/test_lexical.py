"""BM25 over Indonesian terms, kept up to date row by row."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.lexical import LexicalIndex, query_terms
from index.tokens import tokens

DOCUMENTS = {
    1: ("Banjir Demak", "Sebanyak 1.240 warga mengungsi ke balai desa."),
    2: ("Harga Cabai", "Harga cabai rawit naik menjadi Rp 120.000 per kilogram."),
    3: ("Gempa Padang", "Gempa terjadi Senin (9/3/2026) pukul 17.30 WIB. Warga berlarian."),
}


@pytest.fixture
def lexical() -> LexicalIndex:
    index = LexicalIndex(sqlite3.connect(":memory:", isolation_level=None))
    for chunk_id, (title, text) in DOCUMENTS.items():
        index.put(chunk_id, title, text)
    return index


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("berapa pengungsi di demak?", 1),
        ("1240", 1),
        ("1.240 orang", 1),
        ("brp hrg cabe rawit", 2),
        ("rawitnya", 2),
        ("120000", 2),
        ("9/3/2026", 3),
        ("gempa-gempa", 3),
        ("17.30", 3),
    ],
)
def test_finds(lexical: LexicalIndex, question: str, expected: int) -> None:
    """Stems, numbers, dates and slang meet the text they are about."""
    assert expected == lexical.search(question, 10)[0][0]


def test_scores_fall_and_are_the_same_either_way(lexical: LexicalIndex) -> None:
    """Ranked search and scoring of given chunks agree; more is better; no shared term, no score."""
    question = "warga gempa padang"
    found = lexical.search(question, 10)
    assert [3, 1] == [i for i, _ in found]
    assert found == sorted(found, key=lambda hit: -hit[1])
    assert dict(found) == pytest.approx(lexical.score(question, [1, 2, 3]))
    assert {3} == lexical.score(question, [3, 99]).keys()
    assert [3] == [i for i, _ in lexical.search(question, 1)]


@pytest.mark.parametrize("question", ["", "yang di dan", '"', "* ^ ( ) : -", "\0", "🙂", "\ud800"])
def test_a_question_without_terms_finds_nothing(lexical: LexicalIndex, question: str) -> None:
    """No terms, no candidates, no syntax error."""
    assert ([], []) == (query_terms(question), lexical.search(question, 10))
    assert {} == lexical.score(question, [1])


def test_operators_are_words(lexical: LexicalIndex) -> None:
    """FTS5's own words and marks in a question mean nothing special."""
    assert 1 == lexical.search('title: NOT "warga" AND (mengungsi* OR NEAR/2 -desa) ^', 10)[0][0]


def test_a_dropped_chunk_is_gone(lexical: LexicalIndex) -> None:
    lexical.drop([1, 42])
    assert [2, 3] == lexical.ids()
    assert [] == lexical.search("mengungsi", 10)


def test_rebuilding_gives_the_same(lexical: LexicalIndex) -> None:
    before = lexical.search("warga desa", 10)
    lexical.put(9, "Lama", "tidak lagi warga")
    lexical.rebuild((i, title, text) for i, (title, text) in DOCUMENTS.items())
    assert [1, 2, 3] == lexical.ids()
    assert dict(before) == pytest.approx(dict(lexical.search("warga desa", 10)))


def test_terms_and_their_frequencies(lexical: LexicalIndex) -> None:
    assert {1: frozenset(tokens(DOCUMENTS[1][1]))} == lexical.terms([1])
    assert {} == lexical.terms([])
    assert {"warga": 2, "rawit": 1} == lexical.document_frequencies(["warga", "rawit", "tiada"])
    assert {} == lexical.document_frequencies([])


def test_a_long_question(lexical: LexicalIndex) -> None:
    """Thousands of distinct terms are a query like any other."""
    question = " ".join(f"kata{n}" for n in range(3_000)) + " mengungsi"
    assert [1] == [i for i, _ in lexical.search(question, 10)]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_finds_itself(lexical: LexicalIndex, text: str) -> None:
    """Whatever was put in comes back for its own words, unless it has none; nothing crashes."""
    lexical.drop([7])
    lexical.put(7, "", text)
    found = [i for i, _ in lexical.search(text, 10)]
    known = [t for t in query_terms(text) if t in lexical.terms([7])[7] and t.isascii()]
    assert 7 in found or not known


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], max_codepoint=0x24F), min_size=1))
def test_latin_terms_are_found_one_by_one(lexical: LexicalIndex, text: str) -> None:
    """FTS5 keeps each term whole: it neither splits nor joins what `tokens` gave it."""
    lexical.drop([7])
    lexical.put(7, "", text)
    terms = list(lexical.terms([7])[7])
    assert dict.fromkeys(terms, True) == {t: t in lexical.document_frequencies(terms) for t in terms}
