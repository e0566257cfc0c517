"""What the bot says, as Telegram HTML: right for real answers, and valid for whatever an article may hold."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.answer import READER, Answer, Fallback, Refusal, Status, Voice
from bot.answerer import Answerer
from bot.citations import Citation, cite
from bot.question import Kind, Question, Turn, understand
from bot.read import ExtractiveReader
from bot.telegram.html import ENTITIES, LIMIT, split, units
from bot.telegram.render import (
    CARD_DESCRIPTION,
    CARD_TITLE,
    PAGE,
    answer_html,
    history_html,
    inline_card,
    latest_html,
    source_page,
    sources_html,
)
from bot.texts import LANGUAGES, say
from index.build import NewsIndex
from index.records import Article, Chunk, Passage
from tests.conftest import WIB, MakeArticle
from tests.telegram.strict_html import check, entity_count, parsed_length, shown

# TANYA_FUZZ=10000 pytest tests/telegram: the number the limits are promised for.
LONGEST = 6_000  # characters of an article: two messages, five pages
EXAMPLES = int(os.environ.get("TANYA_FUZZ", "100"))
FUZZED = settings(
    max_examples=EXAMPLES, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=WIB)
QUESTION = Question("Berapa warga mengungsi?", "Berapa warga mengungsi?", Kind.NUMBER, "id")

HOSTILE = [
    "Banjir merendam Demak. ", "1.240 warga ", "“Air naik,” kata Kasmirah. ", "\n", "\n\n", " ", "{day}", "%s", "\\",
    "<b>", "</b>", "<blockquote>", "</blockquote>", "<", ">", "&", "&amp;", "&#60;", '"', "'", '"><script>', "<!--",
    "👨\u200d👩\u200d👧", "🇮🇩", "👋🏽", "e\u0301", "\u0301", "\U0001d11e", "\u200b", "\u200d", "\u2800", "\xad", "\x1b",
    "\x00", "\u202e", "\u2066", "\u2069", "\u200f", "שלום ", "مرحبا ", "١٢٣", "@admin ", "/hapus ",
    "https://jahat.example/ ",
]  # fmt: skip
LONG = [piece * times for piece in ("kata", "😀", "<", "& ", "א", "z\u0301", "Ya. ") for times in (30, 700, 4_100)]
words = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6) | st.sampled_from(LONG), min_size=1, max_size=8).map(
    lambda pieces: "".join(pieces)[:LONGEST]
)
names = st.one_of(st.none(), st.just(""), words.map(lambda text: text[:500]), st.just("Kabar Nusa"))
URLS = [
    "https://kabar.example/a", "https://a.example/#teks", "https://a.example/?a=1&b=<2>", "https://a.example/ b",
    'https://a.example/"x="', "https://a.example/'><b>", "https://a.example/\u202egpj.exe", "https://" + "a" * 3_000,
    "javascript:alert(1)", "data:text/html,<b>", "tg://resolve?domain=x", "//a.example", "",
]  # fmt: skip
urls = st.none() | st.sampled_from(URLS) | words.map(lambda text: "https://a.example/" + text[:300])
moments = st.one_of(
    st.none(), st.integers(0, 10**6).map(lambda hours: datetime(1980, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    text = draw(words.filter(lambda text: text.strip() != ""))
    return Article(
        draw(st.sampled_from(["kn-1", "<x>&", "ls-2"])), draw(names) or "", text, draw(names), draw(moments), draw(urls)
    )


@st.composite
def citations(draw: st.DrawFn) -> tuple[Article, Citation]:
    """An article and a true citation of it: a quote is never blank."""
    article = draw(articles())
    start = draw(st.integers(0, len(article.text) - 1))
    end = draw(st.integers(start + 1, len(article.text)))
    if not article.text[start:end].strip():
        start, end = 0, len(article.text)
    return article, cite(article, start, end, tuple(draw(st.lists(words.map(lambda text: text[:200]), max_size=5))))


@st.composite
def answers(draw: st.DrawFn) -> tuple[Answer, list[Article]]:
    """An answer or a refusal of the shapes the answerer makes, and the articles behind it."""
    cited = draw(st.lists(citations(), min_size=1, max_size=4))
    found = [article for article, _ in cited]
    passages = tuple(Passage(n, a, Chunk(a.text, 0, len(a.text), ()), 0.5) for n, a in enumerate(found))
    question = replace(QUESTION, text=draw(words))
    if draw(st.booleans()):
        return Answer.refused(question, passages, draw(st.sampled_from(Refusal))), found
    quote = " ".join(cited[0][1].quote.split())
    start = draw(st.integers(0, len(quote) - 1))
    said = draw(st.sampled_from([quote, quote[start : start + 40]]))
    return Answer(question, Status.ANSWERED, said, tuple(c for _, c in cited), passages), found


def visible(text: str) -> str:
    """The characters that leave a mark on the screen."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf"} and c != "\u2800")


def everything(answer: Answer, found: list[Article], language: str) -> list[str]:
    """Every text the bot makes of an answer."""
    turns = [Turn(answer.question.text, answer.text or "")]
    pages = [
        source_page(a, c, page, language).html
        for a, c in zip(found, answer.citations, strict=False)
        for page in (None, 2)
    ]
    return [
        answer_html(answer, language), inline_card(answer, language).html, sources_html(answer.citations, language),
        latest_html(found, language), history_html(turns, language), *pages,
    ]  # fmt: skip


# -- whatever an article holds -----------------------------------------------------------------


@FUZZED
@given(answers(), st.sampled_from(LANGUAGES))
def test_every_message_is_one_that_telegram_takes(case: tuple[Answer, list[Article]], language: str) -> None:
    """Valid HTML, 4,096 UTF-16 units and 100 entities at most, links to the web only, quotes to the letter."""
    answer, found = case
    for text in everything(answer, found, language):
        assert [] == check(text)
        for message in split(text):
            assert [] == check(message)
            assert parsed_length(message) <= LIMIT
            assert entity_count(message) <= ENTITIES
        assert all(url.lower().startswith(("https://", "http://")) for url in re.findall(r'href="([^"]*)"', text))
    if answer.status is Status.ANSWERED:
        reply = shown(answer_html(answer, language))
        assert all(citation.quote in reply for citation in answer.citations)
    card = inline_card(answer, language)
    assert 0 < units(card.title) <= CARD_TITLE
    assert units(card.description) <= CARD_DESCRIPTION
    assert 1 == len(split(card.html))


@FUZZED
@given(citations(), st.sampled_from(LANGUAGES))
def test_the_pages_are_the_article(case: tuple[Article, Citation], language: str) -> None:
    """Page after page it can be read to the end, and a quote that fits on a page stands on the one it opens at."""
    article, citation = case
    assume(visible(article.text))
    first = source_page(article, citation, None, language)
    pages = [source_page(article, citation, n, language) for n in range(1, first.pages + 1)]
    assert list(range(1, first.pages + 1)) == [page.page for page in pages]
    assert first in pages
    bodies = [shown(page.html).split("\n\n", 1)[-1] for page in pages]
    assert all(units(body) <= PAGE for body in bodies if len(pages) > 1)
    assert visible("".join(bodies)) == visible(article.text)
    whole_characters = {0, *(m.end() for m in regex.finditer(r"\X", article.text))}
    if units(citation.quote) <= PAGE and visible(citation.quote) and {citation.start, citation.end} <= whole_characters:
        assert citation.quote.strip() in bodies[first.page - 1]


# -- how it reads ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answerer(sample_index: NewsIndex) -> Answerer:
    return Answerer(sample_index, ExtractiveReader(sample_index))


def made(text: str | None, *cited: Citation, found: tuple[Article, ...] = ()) -> Answer:
    passages = tuple(Passage(n, a, Chunk(a.text, 0, len(a.text), ()), 0.5) for n, a in enumerate(found))
    if text is None:
        return Answer.refused(QUESTION, passages, Refusal.NO_SUCH_KIND)
    return Answer(QUESTION, Status.ANSWERED, text, cited, passages)


FLOOD = "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa."


def test_an_answer(make_article: MakeArticle) -> None:
    """The answer, then each quote above who said it and when, then the day of the newest."""
    one = make_article("kn-1", FLOOD, url="https://kn.example/demak?a=1&b=2")
    other = make_article(
        "hp-1", "Ada 1.240 warga <terpaksa> pergi.", outlet="Harian Pesisir", published="2026-03-06", title="Pengungsi"
    )
    answer = made("1.240 warga", cite(one, 33, len(FLOOD), ("sk-1",)), cite(other, 0, len(other.text)))
    assert (
        "<b>1.240 warga [1][2]</b>\n\n"
        "<blockquote expandable>Sebanyak <b>1.240 warga</b> mengungsi ke balai desa.</blockquote>\n"
        '[1] <a href="https://kn.example/demak?a=1&amp;b=2#:~:text=Sebanyak%201.240%20warga%20mengungsi%20ke%20balai%20desa.">'
        "Kabar Nusa · 4 Maret 2026</a>\n"
        "<i>teks yang sama: sk-1</i>\n\n"
        "<blockquote expandable>Ada <b>1.240 warga</b> &lt;terpaksa&gt; pergi.</blockquote>\n"
        "[2] Harian Pesisir · 6 Maret 2026 · Pengungsi\n\n"
        "<i>Dikutip dari 2 media: Kabar Nusa, Harian Pesisir\nper 6 Maret 2026</i>"
    ) == answer_html(answer, "id")


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (Voice("qwen<3>"), "\nDirumuskan oleh qwen&lt;3&gt;."),
        (Voice(READER, Fallback.SLOW), "\nDijawab tanpa model bahasa: terlalu lambat."),
        (
            Voice("qwen", cut=Fallback.REPEATS),
            "\nDirumuskan oleh qwen, yang lalu dihentikan: jawabannya berulang-ulang.",
        ),
        (Voice(), ""),
    ],
    ids=["model", "fallback", "cut", "reader"],
)
def test_who_worded_it_is_said_at_its_foot(make_article: MakeArticle, voice: Voice, said: str) -> None:
    """Where there is a language model."""
    article = make_article("kn-1", FLOOD)
    answer = replace(made("1.240 warga", cite(article, 33, len(FLOOD))), voice=voice)
    assert answer_html(answer, "id").endswith(f"<i>per 4 Maret 2026{said}</i>")


def test_a_sentence_is_not_said_twice(make_article: MakeArticle) -> None:
    """Where the answer is the quoted sentence, the quote is the answer."""
    article = make_article("kn-1", FLOOD)
    answer = made("Sebanyak 1.240 warga mengungsi ke balai desa", cite(article, 33, len(FLOOD)))
    assert (
        "<blockquote><b>Sebanyak 1.240 warga mengungsi ke balai desa.</b></blockquote>\n"
        "[1] Kabar Nusa · 4 March 2026 · Banjir Demak\n\n"
        "<i>as of 4 March 2026</i>"
    ) == answer_html(answer, "en")


def test_a_refusal_names_the_nearest_articles_and_quotes_none(make_article: MakeArticle) -> None:
    """At most three, each once, by title, outlet and date."""
    found = [make_article(f"kn-{n}", title=f"Judul <{n}>", url=f"https://kn.example/{n}") for n in (1, 1, 2, 3, 4)]
    text = answer_html(made(None, found=tuple(found)), "id")
    assert (
        "<b>Tidak ada di artikel.</b>\nArtikel yang paling dekat tidak memuat keterangan itu.\n\n"
        "Artikel terdekat:\n"
        '• <a href="https://kn.example/1">Judul &lt;1&gt;</a>\nKabar Nusa · 4 Maret 2026\n'
        '• <a href="https://kn.example/2">Judul &lt;2&gt;</a>\nKabar Nusa · 4 Maret 2026\n'
        '• <a href="https://kn.example/3">Judul &lt;3&gt;</a>\nKabar Nusa · 4 Maret 2026'
    ) == text


def test_a_refusal_without_articles() -> None:
    """The reason alone."""
    assert "<b>Tidak ada di artikel.</b>\nArtikel yang paling dekat tidak memuat keterangan itu." == answer_html(
        made(None), "id"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_answers(answerer: Answerer, language: str) -> None:
    """What real articles give: one message each, short answer first, every quote as it is stored."""
    for asked in (
        "Berapa pengungsi banjir Demak?",
        "Kapan gempa Padang terjadi?",
        "Bagaimana keadaan Karangetang?",
        "Siapa Presiden Peru?",
    ):
        answer = answerer.ask(asked, asked_at=NOW)
        (message,) = split(answer_html(answer, language))
        assert [] == check(message)
        for citation in answer.citations:
            article = answerer.index.store.article(citation.article)
            assert article is not None
            assert article.text[citation.start : citation.end] in shown(message)
            assert (citation.link or article.title) in unescape(message)


def test_right_to_left_words_stay_in_their_place(make_article: MakeArticle) -> None:
    """Isolated outside the quote, which keeps its characters; marks of direction in a title are dropped."""
    text = "Spanduk «أهلا وسهلا» terpasang di Demak."
    article = make_article("kn-1", text, title="\u202eDemak \u2067ramah", outlet="قناة الأخبار")
    answer = made("Demak", cite(article, 0, len(text)))
    assert f"\u2068{text}\u2069\n[1] \u2068قناة الأخبار\u2069 · 4 Maret 2026 · Demak ramah\n" in shown(
        answer_html(answer, "id")
    )


def test_many_copies_are_counted(make_article: MakeArticle) -> None:
    """Three by name."""
    article = make_article("kn-1", FLOOD)
    answer = made("Rabu", cite(article, 0, 32, tuple(f"sk-{n}" for n in range(9))))
    assert "<i>teks yang sama: sk-0, sk-1, sk-2, +6</i>" in answer_html(answer, "id")


def test_a_page_of_an_article(make_article: MakeArticle) -> None:
    """Title, outlet, date and position, then the text with the quote in bold."""
    text = "\n\n".join(f"Paragraf {n}. " + "Air masih tinggi di Demak. " * 25 for n in range(6)).strip()
    article = make_article("kn-1", text)
    start = text.index("Paragraf 4.")
    page = source_page(article, cite(article, start, start + 11), None, "id")
    assert (3, 3) == (page.page, page.pages)
    assert page.html.startswith("<b>Banjir Demak</b>\nKabar Nusa · 4 Maret 2026 · 3/3\n\n<b>Paragraf 4.</b> Air masih")
    assert source_page(article, cite(article, start, start + 11), 99, "id") == page
    assert 1 == source_page(article, cite(article, start, start + 11), -1, "id").page


def test_a_quote_is_not_torn_by_a_page(make_article: MakeArticle) -> None:
    """The page ends before it."""
    text = (
        "Air masih tinggi. " * 80
        + "Kepala desa berkata banyak. Ia berkata lagi bahwa air masih sangat tinggi. Lalu pergi."
    )
    article = make_article("kn-1", text)
    start = text.index("Kepala")
    page = source_page(article, cite(article, start, len(text)), None, "id")
    assert (2, 2) == (page.page, page.pages)
    assert f"\n\n<b>{text[start:]}</b>" in page.html


def test_a_short_article_has_no_page_numbers(make_article: MakeArticle) -> None:
    """One page is no position worth a line; a quote that no longer stands is not marked."""
    article = make_article("kn-1", FLOOD)
    gone = replace(cite(article, 0, 6), quote="Gempa ")
    assert f"<b>Banjir Demak</b>\nKabar Nusa · 4 Maret 2026\n\n{FLOOD}" == source_page(article, gone, None, "id").html


def test_lists(make_article: MakeArticle) -> None:
    """Sources under the numbers of the answer; newest articles; questions with their answers."""
    article = make_article("kn-1", FLOOD, url="https://kn.example/1")
    assert (
        '<b>Sumber jawaban terakhir</b>\n\n[1] <a href="https://kn.example/1#:~:text=Banjir">Banjir Demak</a>\n'
        "Kabar Nusa · 4 Maret 2026"
    ) == sources_html([cite(article, 0, 6)], "id")
    assert (
        '<b>Newest articles</b>\n\n• <a href="https://kn.example/1">Banjir Demak</a>\nKabar Nusa · 4 March 2026\n\n'
        "• kn-2\nundated"
    ) == latest_html([article, make_article("kn-2", title="", outlet=None, published=None)], "en")
    assert (
        "<b>Pertanyaan sebelumnya</b>\n\n1. Berapa &lt;warga&gt;?\n→ <b>1.240</b>\n\n2. Siapa?\n→ Tidak ada di artikel."
    ) == history_html([Turn("Berapa <warga>?", "1.240"), Turn("Siapa?", "")], "id")


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_lists_say_so(language: str) -> None:
    """Never a heading over nothing."""
    assert say("no_turn", language) == sources_html([], language)
    assert say("no_articles", language) == latest_html([], language)
    assert say("no_history", language) == history_html([], language)


def test_an_inline_card(make_article: MakeArticle) -> None:
    """It stands in a chat alone: with the question it answers."""
    article = make_article("kn-1", FLOOD)
    answer = made("1.240 warga", cite(article, 33, len(FLOOD)))
    asked = replace(answer, question=understand("Berapa <warga> mengungsi?"))
    card = inline_card(asked, "id")
    assert "1.240 warga" == card.title
    assert "Kabar Nusa · 4 Maret 2026: Sebanyak 1.240 warga mengungsi ke balai desa." == card.description
    assert f"<i>Berapa &lt;warga&gt; mengungsi?</i>\n\n{answer_html(asked, 'id')}" == card.html
    refusal = inline_card(made(None), "en")
    assert ("Not in the articles.", "The nearest articles do not say it.") == (refusal.title, refusal.description)
