"""The gate: a quote stands, character by character, in the stored article, or it is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.answer import Refusal, Status
from bot.answerer import Answerer
from bot.citations import Citation, checked, cite
from bot.question import Question
from bot.rank import Evidence
from bot.read import ExtractiveReader, Reading
from index.build import NewsIndex
from index.records import Article, Passage, Span

TEXT = (
    "Banjir merendam Demak pada Rabu (4/3/2026). Sebanyak 1.240 warga mengungsi ke balai desa.\n"
    "“Air naik cepat,” kata Kasmirah, warga Sumberjati Lor."
)
ARTICLE = Article("kn-1", "Banjir Demak", TEXT, "Kabar Nusa", url="https://kabar.example/banjir")
FEW = settings(max_examples=150, derandomize=True)

texts = st.text(alphabet="abc ,.-&“”é\n1", min_size=1, max_size=60)


@st.composite
def cited(draw: st.DrawFn) -> tuple[Article, Citation]:
    """An article and a true citation of it."""
    text = draw(texts.filter(str.strip))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    assume(text[start:end].strip())
    article = replace(ARTICLE, text=text)
    return article, cite(article, start, end)


@FEW
@given(cited())
def test_a_true_citation_stands(case: tuple[Article, Citation]) -> None:
    """What `cite` makes passes the gate, unchanged."""
    article, citation = case
    assert article.text[citation.start : citation.end] == citation.quote
    assert [citation] == checked([citation], {article.id: article}.get)


@FEW
@given(cited(), texts)
def test_a_changed_quote_is_dropped(case: tuple[Article, Citation], other: str) -> None:
    """One wrong character is enough."""
    article, citation = case
    assume(other != citation.quote)
    assert [] == checked([replace(citation, quote=other)], {article.id: article}.get)


@FEW
@given(cited(), st.integers(-80, 80), st.integers(-80, 80))
def test_changed_offsets_are_dropped(case: tuple[Article, Citation], start: int, end: int) -> None:
    """Offsets are kept only where the same words stand, and never outside the article."""
    article, citation = case
    assume((start, end) != (citation.start, citation.end))
    kept = checked([replace(citation, start=start, end=end)], {article.id: article}.get)
    stands = 0 <= start < end <= len(article.text) and article.text[start:end] == citation.quote
    assert stands == bool(kept)


@FEW
@given(cited(), texts)
def test_a_changed_article_drops_its_citations(case: tuple[Article, Citation], text: str) -> None:
    """What counts is the article as it is stored now."""
    article, citation = case
    assume(text[citation.start : citation.end] != citation.quote)
    assert [] == checked([citation], {article.id: replace(article, text=text)}.get)


@FEW
@given(cited(), st.text(max_size=8))
def test_a_removed_or_other_article_drops_the_citation(case: tuple[Article, Citation], other: str) -> None:
    """A citation of what is not stored is no citation."""
    article, citation = case
    assume(other != article.id)
    assert [] == checked([citation], lambda _: None)
    assert [] == checked([replace(citation, article=other)], {article.id: article}.get)


def test_blank_quotes_are_dropped() -> None:
    """White space says nothing, wherever it stands."""
    space = TEXT.index("\n")
    assert [] == checked([cite(ARTICLE, space, space + 1), cite(ARTICLE, 3, 3)], {ARTICLE.id: ARTICLE}.get)


def test_what_stands_survives_what_does_not() -> None:
    """The gate drops one by one and keeps the order."""
    true = [cite(ARTICLE, 0, 15), cite(ARTICLE, 44, 60)]
    false = replace(true[0], quote="Banjir melanda")
    assert true == checked([true[0], false, true[1]], {ARTICLE.id: ARTICLE}.get)


# -- links -------------------------------------------------------------------------------------


def parts_of(link: str) -> list[str]:
    """The start and end of a text fragment, still encoded."""
    return link.split("#:~:text=", 1)[1].split(",")


@FEW
@given(cited())
def test_a_text_fragment_leads_back_to_the_quote(case: tuple[Article, Citation]) -> None:
    """Decoded, a fragment is the quote's words, or its first and its last ones."""
    _, citation = case
    assert citation.link is not None
    words = " ".join(citation.quote.split())
    first, *rest = map(unquote, parts_of(citation.link))
    assert words.startswith(first)
    assert first
    assert [first] == [words] if not rest else words.endswith(rest[0])
    assert len(rest) <= 1


@FEW
@given(
    st.lists(st.sampled_from(["a-b", "c,d", "e&f", "g=h", "#i", "100%", "“kutip”", "—", "é"]), min_size=1, max_size=30)
)
def test_the_syntax_of_a_fragment_is_encoded(words: list[str]) -> None:
    """A dash, comma or ampersand of the quote is not taken for the fragment's own."""
    article = replace(ARTICLE, text=" ".join(words))
    link = cite(article, 0, len(article.text)).link
    assert link is not None
    assert all(not set("-&=# ") & set(part) for part in parts_of(link))
    assert len(parts_of(link)) <= 2


def test_a_short_quote_is_linked_whole() -> None:
    """The fragment of few words is just these, percent-encoded."""
    citation = cite(replace(ARTICLE, text="Rp 5-10 juta, kata Budi & Co"), 0, 28)
    assert citation.link == "https://kabar.example/banjir#:~:text=Rp%205%2D10%20juta%2C%20kata%20Budi%20%26%20Co"


def test_a_fragment_of_the_url_gives_way() -> None:
    """A url has one fragment."""
    citation = cite(replace(ARTICLE, url="https://kabar.example/banjir#komentar"), 0, 6)
    assert citation.link == "https://kabar.example/banjir#:~:text=Banjir"


def test_without_a_url_there_is_no_link() -> None:
    """Nothing is made up."""
    assert cite(replace(ARTICLE, url=None), 0, 6).link is None


# -- the gate inside the answerer --------------------------------------------------------------


class FixedReader:
    """A reader that says what it is told to, be it true or not."""

    def __init__(
        self, make: Callable[[list[Passage]], list[Evidence]], before: Callable[[], None] = lambda: None
    ) -> None:
        self._make = make
        self._before = before

    def read(self, _: Question, passages: list[Passage]) -> Reading:
        self._before()
        evidence = self._make(passages)
        return Reading(tuple(evidence), evidence[0].span)


class SlowReader:
    """The real reader, with something happening to the index before it reads."""

    def __init__(self, index: NewsIndex, before: Callable[[], None]) -> None:
        self._reader = ExtractiveReader(index)
        self._before = before

    def read(self, question: Question, passages: list[Passage]) -> Reading:
        self._before()
        return self._reader.read(question, passages)


@pytest.fixture
def index(open_index: Callable[..., NewsIndex]) -> NewsIndex:
    index = open_index()
    other = Article(
        "kn-2", "Gempa Padang", "Gempa mengguncang Padang, tidak ada banjir di Demak saat itu.", "Kabar Nusa"
    )
    index.add([ARTICLE, other], sync=False)
    return index


def true_evidence(passages: list[Passage], article: str) -> Evidence:
    passage = next(p for p in passages if p.article.id == article)
    return Evidence(passage, passage.chunk.sentences[0], 1.0)


def false_evidence(passages: list[Passage]) -> Evidence:
    """A quote of an article that was never stored like this."""
    passage = passages[0]
    forged = replace(passage, article=replace(passage.article, text="Palsu! " + passage.article.text))
    return Evidence(forged, Span(0, 6), 1.0)


def test_an_answer_whose_first_quote_fails_is_a_refusal(index: NewsIndex) -> None:
    """The quote that holds the answer is gone: another true one does not carry it."""
    reader = FixedReader(lambda passages: [false_evidence(passages), true_evidence(passages, "kn-2")])
    answer = Answerer(index, reader).ask("Apa yang merendam Demak?")
    assert (Status.NOT_IN_ARTICLES, Refusal.QUOTES_FAILED) == (answer.status, answer.refusal)
    assert (None, ()) == (answer.text, answer.citations)


def test_a_later_quote_that_fails_is_left_out(index: NewsIndex) -> None:
    """The answer stands on its first quote; a false one beside it is not shown."""
    reader = FixedReader(lambda passages: [true_evidence(passages, "kn-1"), false_evidence(passages)])
    answer = Answerer(index, reader).ask("Apa yang merendam Demak?")
    assert Status.ANSWERED is answer.status
    assert ["Banjir merendam Demak pada Rabu (4/3/2026)."] == [c.quote for c in answer.citations]


@pytest.mark.parametrize("event", ["removed", "changed"])
def test_an_article_that_goes_while_it_is_read_is_not_quoted(index: NewsIndex, event: str) -> None:
    """Between search and answer another process removes or changes the article."""

    def happen() -> None:
        if event == "removed":
            index.remove("kn-1")
        else:
            index.add([replace(ARTICLE, text="Ralat: " + TEXT)], sync=False)

    reader = FixedReader(lambda passages: [true_evidence(passages, "kn-1")], happen)
    answer = Answerer(index, reader).ask("Apa yang merendam Demak?")
    assert Refusal.QUOTES_FAILED is answer.refusal


@pytest.mark.parametrize("event", ["removed", "changed"])
def test_the_reader_bears_an_article_that_goes_while_it_reads(index: NewsIndex, event: str) -> None:
    """The shipped reader ends in an answer or a refusal too, never in a crash."""

    def happen() -> None:
        if event == "removed":
            index.remove("kn-1")
        else:
            index.add([replace(ARTICLE, text="Ralat: " + TEXT)], sync=False)

    answer = Answerer(index, SlowReader(index, happen)).ask("Berapa warga Demak yang mengungsi?")
    stored = {c.article: index.store.article(c.article) for c in answer.citations}
    assert all(
        a is not None and a.text[c.start : c.end] == c.quote for c in answer.citations for a in [stored[c.article]]
    )
