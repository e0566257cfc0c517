"""Short answers are cut out of sentences: at valid offsets, and in bounded time on any input."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import Status
from bot.closed import ask_passages
from bot.question import Kind
from bot.spans import candidates
from index.errors import QuestionError
from index.records import Article
from tests.effort import effort
from tests.fakes import FakeEmbedder

SENTENCES = {
    Kind.PERSON: (
        "Satu orang tewas, yakni Kasmirah Binti Sukri, warga Demak.",
        "Siapa yang tewas?",
        "Kasmirah Binti Sukri",
    ),
    Kind.DATE: ("Tanggul jebol pada Rabu (4/3/2026) pukul 02.30 WIB.", "Kapan tanggul jebol?", "4/3/2026"),
    Kind.NUMBER: ("Sebanyak 1.240 warga mengungsi ke balai desa.", "Berapa warga mengungsi?", "1.240"),
    Kind.PLACE: ("Para korban dirawat di RSUD Sunan Kalijaga.", "Di mana korban dirawat?", "RSUD Sunan Kalijaga"),
    Kind.REASON: (
        "Harga naik karena pasokan dari Kediri berkurang.",
        "Mengapa harga naik?",
        "pasokan dari Kediri berkurang",
    ),
}


@pytest.mark.parametrize("kind", SENTENCES, ids=str)
def test_the_kind_asked_for_is_found(kind: Kind) -> None:
    """For each kind of question, the words that answer it lie inside a candidate."""
    sentence, question, expected = SENTENCES[kind]
    found = [sentence[s.start : s.end] for s in candidates(sentence, kind, question)]
    assert any(expected in text for text in found), found


def test_a_statement_has_no_short_answer() -> None:
    """What asks for a sentence is answered with one."""
    assert [] == candidates("Warga Demak mengungsi pada 4 Maret 2026.", Kind.STATEMENT, "Bagaimana keadaannya?")


@pytest.mark.parametrize("kind", Kind)
def test_what_the_question_says_is_no_answer(kind: Kind) -> None:
    """A sentence that only repeats the question holds nothing new but a number."""
    asked = "Wali Kota Padang Hendri Septa di Padang"
    found = [asked[s.start : s.end] for s in candidates(asked, kind, asked)]
    assert [] == found


_PIECES = (
    "Rp 1.240 5,8 (4/3/2026) Rabu pukul 02.30 WIB di dari Kota Padang karena untuk agar “kata ” ' - . , ; % juta dan "
    "bin Budi PT DPR 2026 Maret dua puluh ribu No. A é \u00a0 \t warga"
)
_WORDS = st.sampled_from(_PIECES.split(" "))
_SENTENCES = st.text(max_size=200) | st.lists(_WORDS, max_size=40).map(" ".join)


@settings(max_examples=400, derandomize=True)
@given(_SENTENCES, st.sampled_from(Kind), st.text(max_size=40) | st.lists(_WORDS, max_size=8).map(" ".join))
def test_candidates_lie_inside_the_sentence(sentence: str, kind: Kind, question: str) -> None:
    """Offsets are valid for any sentence, and what they cut out is never only white space."""
    for span in candidates(sentence, kind, question):
        assert 0 <= span.start < span.end <= len(sentence)
        assert sentence[span.start : span.end].strip()


@settings(max_examples=100, derandomize=True)
@given(st.lists(_SENTENCES, max_size=4), st.sampled_from([q for _, q, _ in SENTENCES.values()] + ["Bagaimana warga?"]))
def test_an_answer_stands_in_its_first_quote(passages: list[str], question: str) -> None:
    """Whatever the passages say: quotes are verbatim, and the answer is part of the first."""
    answer = ask_passages(question, passages, FakeEmbedder())
    for citation in answer.citations:
        given_passage = passages[int(citation.article.removeprefix("passage-")) - 1]
        assert given_passage[citation.start : citation.end] == citation.quote
    if answer.status is Status.ANSWERED:
        assert answer.text
        assert answer.text in " ".join(answer.citations[0].quote.split())


ADVERSARIES = {
    "digits": "1" * 10_000,
    "thousands": "1.234." * 1_666,
    "years": "2026 " * 2_000,
    "dates": "4/3/2026 " * 1_111,
    "numerals": "dua puluh ribu " * 666,
    "money": "Rp 1 juta " * 1_000,
    "capitals": "A" * 10_000,
    "initials": "A. " * 3_333,
    "names": "Budi Santoso dan " * 588,
    "particles": "Budi bin " * 1_111,
    "hyphens": "A-" * 5_000,
    "places": "di kota " * 1_250,
    "nested places": "kota " * 2_000,
    "place list": "di Padang" + ", Padang" * 1_250,
    "reasons": "karena " * 1_428,
    "quotes": "“" * 10_000,
    "quote pairs": "“a ” " * 2_000,
    "apostrophes": "'" * 10_000,
    "spaces": " " * 10_000,
    "no-break spaces": "\u00a0" * 10_000,
    "brackets": "(" * 10_000,
    "stops": "." * 10_000,
    "words without end": "a" * 10_000,
}
ASKED = "Siapa, kapan, berapa harga, di mana dan untuk apa?"


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
def test_no_sentence_takes_long(text: str) -> None:
    """10,000 characters made to make regular expressions backtrack: under a second for all kinds together."""
    assert effort(lambda: [candidates(text, kind, ASKED) for kind in Kind]) < 1


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
def test_no_passage_takes_long(text: str) -> None:
    """The same through cutting, retrieval and reading."""

    assert effort(lambda: ask_passages("Berapa harga di Padang?", [text], FakeEmbedder())) < 1


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
def test_no_question_takes_long(text: str) -> None:
    """The longest question that is allowed is understood at once."""

    def ask() -> None:
        with suppress(QuestionError):
            ask_passages(text[:1_000], ["Harga cabai di Padang Rp 5.000."], FakeEmbedder())

    assert effort(ask) < 1


def test_article_names_are_cut_whole() -> None:
    """A candidate for a person does not end inside a word."""
    text = Article("a", "", "Menurut dr. Siti Aminah-Putri, korban selamat.").text
    for span in candidates(text, Kind.PERSON, "Siapa?"):
        assert not text[span.end : span.end + 1].isalnum()
        assert not text[span.start - 1 : span.start].isalnum()
