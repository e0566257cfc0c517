"""Telegram's HTML: nothing breaks it, nothing is lost when it is cut; and the reader that proves it is strict."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.telegram.html import (
    ENTITIES,
    LIMIT,
    LONGEST_URL,
    bold,
    cut,
    escape,
    isolate,
    label,
    link,
    plain,
    shorten,
    split,
    units,
)
from index.records import Span
from tests.telegram.strict_html import check, entity_count, parsed_length, shown

FEW = settings(max_examples=150, derandomize=True)
FSI, PDI = "\u2068", "\u2069"

FAMILY, FLAG, WAVE = "👨\u200d👩\u200d👧", "🇮🇩", "👋🏽"
SEEN = ["a", "Bc", "1.5", ".", "! ", "? ", ". Dan ", " ", "  ", "\n", "\n\n", "<", ">", "&", "&amp;", '"', "'", "</b>",
        FAMILY, FLAG, WAVE, "e\u0301", "\u0301", "क्षि", "\U0001d11e", "אב", "عربي", "kata" * 9]  # fmt: skip
UNSEEN = ["\u200b", "\u200d", "\u202e", "\u2067", PDI, "\u2800", "\xad"]

texts = st.lists(st.sampled_from(SEEN), max_size=25).map("".join)
hostile = st.lists(st.sampled_from(SEEN + UNSEEN), max_size=25).map("".join)


def markups(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Markup as we write it: styles in each other, links and quotes never in one of their kind."""
    leaf = text.map(escape)
    styled = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from("bius"), inner).map(lambda each: f"<{each[0]}>{each[1]}</{each[0]}>"),
            st.lists(inner, max_size=3).map("".join),
        ),
        max_leaves=5,
    )
    block = st.one_of(
        styled,
        styled.map(lambda inner: f"<blockquote expandable>{inner}</blockquote>\n"),
        styled.map(lambda inner: f'<a href="https://kabar.example/?a=1&amp;b=&quot;">{inner}</a>'),
    )
    return st.lists(block, max_size=5).map("".join)


def without_blanks(text: str) -> str:
    return "".join(text.split())


# -- split -------------------------------------------------------------------------------------


@FEW
@given(markups(hostile), st.integers(12, 80))
def test_every_message_is_valid_and_within_its_limit(markup: str, limit: int) -> None:
    """However it is cut, each message is HTML that Telegram takes, short enough, and not blank."""
    for message in split(markup, limit):
        assert [] == check(message)
        assert parsed_length(message) <= limit
        assert entity_count(message) <= ENTITIES


@FEW
@given(markups(texts), st.integers(12, 80))
def test_nothing_is_lost_but_white_space(markup: str, limit: int) -> None:
    """The messages together say what the whole said."""
    assert without_blanks(shown(markup)) == without_blanks("".join(map(shown, split(markup, limit))))


@FEW
@given(markups(hostile))
def test_what_fits_is_one_message(markup: str) -> None:
    """Under the limit nothing is cut, and the tags come out as they went in."""
    messages = split(markup)
    assert len(messages) <= 1
    if messages:
        assert plain(markup).strip() == plain(messages[0])


@FEW
@given(texts, st.integers(12, 60))
@example(FAMILY * 9, 12)
@example(FLAG * 30, 13)
@example("e\u0301" * 40, 13)
@example(f"a {WAVE}" * 30, 15)
def test_no_character_is_cut_in_two(text: str, limit: int) -> None:
    """Emoji of several parts, flags and letters with accents stay whole."""
    edges = {0, *(m.end() for m in regex.finditer(r"\X", text))}
    for piece in cut(text, limit):
        assert {piece.start, piece.end} <= edges


@FEW
@given(hostile, st.integers(2, 60))
def test_pieces_are_in_order_and_small(text: str, limit: int) -> None:
    """Also where a single character is larger than a piece may be."""
    at = 0
    for piece in cut(text, limit):
        assert at <= piece.start < piece.end
        assert units(text[piece.start : piece.end]) <= limit
        at = piece.end


def test_a_character_larger_than_a_message_is_cut_all_the_same() -> None:
    """A letter under ten thousand accents must not hold up the bot."""
    text = "a" + "\u0301" * 10_000
    messages = split(text)
    assert text == "".join(messages)
    assert all(parsed_length(message) <= LIMIT for message in messages)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("Satu dua tiga. Empat\n\nlima enam tujuh", ["Satu dua tiga. Empat", "lima enam tujuh"]),
        ("Satu dua tiga. Empat\nlima enam tujuh", ["Satu dua tiga. Empat", "lima enam tujuh"]),
        ("Satu dua tiga. Empat lima enam tujuh", ["Satu dua tiga.", "Empat lima enam tujuh"]),
        ("Satu dua tiga empat lima enam tujuh", ["Satu dua tiga empat lima", "enam tujuh"]),
        ("Uang Rp. 5.000 diterima oleh Drs. Budi kemarin", ["Uang Rp. 5.000 diterima", "oleh Drs. Budi kemarin"]),
        ("satuduatigaempatlimaenamtujuh", ["satuduatigaempatlimaenamt", "ujuh"]),
        ("Ya. satuduatigaempatlimaenamtujuhdelapan", ["Ya.", "satuduatigaempatlimaenamt", "ujuhdelapan"]),
    ],
    ids=["paragraph", "line", "sentence", "word", "abbreviation", "long-word", "long-word-after-short"],
)
def test_the_best_place_for_a_cut(text: str, messages: list[str]) -> None:
    """The end of a paragraph before that of a sentence before that of a word."""
    assert messages == split(text, 25)


def test_tags_are_closed_and_reopened() -> None:
    """With their attributes, in the order in which they were opened."""
    markup = (
        '<blockquote expandable>Satu <b>dua tiga</b></blockquote>\n<a href="https://a.example/?b&amp;c">empat lima</a>'
    )
    assert [
        "<blockquote expandable>Satu <b>dua</b></blockquote>",
        "<blockquote expandable><b>tiga</b></blockquote>",
        '<a href="https://a.example/?b&amp;c">empat</a>',
        '<a href="https://a.example/?b&amp;c">lima</a>',
    ] == split(markup, 8)


def test_an_escaped_character_counts_once_and_stays_whole() -> None:
    """The limit is on what is shown."""
    assert ["&amp;" * 10, "&amp;" * 2] == split("&amp;" * 12, 10)
    assert ["&lt;" * LIMIT] == split("&lt;" * LIMIT)


def test_characters_outside_the_basic_plane_count_twice() -> None:
    """Telegram counts UTF-16 code units."""
    assert [2048, 2048, 4] == [len(message) for message in split("😀" * 4_100)]


def test_no_message_has_more_than_a_hundred_entities() -> None:
    """Telegram would drop the others without a word."""
    markup = " ".join(f"<b>kata{n}</b>" for n in range(250))
    messages = split(markup)
    assert [100, 100, 50] == [entity_count(message) for message in messages]
    assert markup == " ".join(messages)


@pytest.mark.parametrize("markup", ["", " \n ", "<b> </b>", "\u200b", "<i>\u2800\xad</i>", " \u200b " * 9_000])
def test_what_cannot_be_seen_is_not_sent(markup: str) -> None:
    """Telegram refuses a blank message."""
    assert [] == split(markup)


def test_a_passage_is_kept_in_one_piece() -> None:
    """A cut that would go through it goes before it, or after it where it begins the piece."""
    text = "Satu dua. Tiga empat. Lima enam."
    begins = Span(0, text.index(" enam"))
    assert ["Satu dua. Tiga empat.", "Lima enam."] == [text[p.start : p.end] for p in cut(text, 30)]
    assert ["Satu dua. Tiga empat. Lima", "enam."] == [text[p.start : p.end] for p in cut(text, 30, whole=begins)]
    quote = Span(text.index("Tiga"), len(text))
    assert ["Satu dua. Tiga empat.", "Lima enam."] == [text[p.start : p.end] for p in cut(text, 25)]
    assert ["Satu dua.", "Tiga empat. Lima enam."] == [text[p.start : p.end] for p in cut(text, 25, whole=quote)]


# -- text --------------------------------------------------------------------------------------


@FEW
@given(hostile)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    """In a message and in an attribute, in Telegram's reading and in ours."""
    assert text == shown(escape(text)) == plain(escape(text)) == plain(bold(escape(text)))


@FEW
@given(hostile, st.sampled_from(["•", "[1]"]))
def test_a_label_cannot_reorder_its_line(text: str, before: str) -> None:
    """No mark of direction is left in it, and what runs right to left is shut in."""
    line = shown(f"{before} {label(text)} · 4 Maret 2026")
    inner = line.replace(FSI, "", 1).replace(PDI, "", 1)
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI"} for c in inner)
    assert line.count(FSI) == line.count(PDI)
    assert "\n" not in line
    if any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text):
        assert f" {FSI}" in line
        assert f"{PDI} ·" in line


def test_only_what_runs_right_to_left_is_isolated() -> None:
    """Around it, never inside: the characters stay those of the article."""
    assert "Banjir" == isolate("Banjir")
    assert f"{FSI}قال «بانجير»{PDI}" == isolate("قال «بانجير»")
    assert f"{FSI}<b>אב</b>{PDI}" == isolate("<b>אב</b>")
    assert "Banjir" == label("\u202eBanjir\u2069")


@pytest.mark.parametrize(
    "url",
    ["https://kabar.example/a", "HTTP://KABAR.EXAMPLE/?a=1&b=2#c", "https://kabar.example/it's", "http://127.0.0.1:8/"],
)
def test_web_addresses_become_links(url: str) -> None:
    """Escaped, so that the attribute ends where it should."""
    assert [] == check(link("x", url)) if "HTTP" not in url else link("x", url) != "x"
    assert f'<a href="{escape(url)}">x</a>' == link("x", url)


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "tg://user?id=1", "file:///etc/passwd", "https://",
        "https:///a", "https://a.example/a b", 'https://a.example/"onclick="', "https://a.example/<b>",
        " https://a.example", "https://a.example/\u202e", "https://a.example/\n", "//a.example", "a.example",
        "https://a.example/" + "a" * LONGEST_URL,
    ],
)  # fmt: skip
def test_anything_else_is_no_link(url: str | None) -> None:
    """The text stays, without a link."""
    assert "x" == link("x", url)


@FEW
@given(hostile, st.integers(3, 40))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    """And is part of the text."""
    short = shorten(text, limit)
    assert units(short) <= limit
    assert text == short or (short.endswith("…") and short[:-1] in text)


# -- the strict reader -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "a > b", "a < b", "a & b", "&nbsp;", "&copy;", "&amp", "&#0;", "&#xD800;", "&#1114112;", "<b>a", "a</b>",
        "<b>a</i>", "<b><i>a</b></i>", "<B>a</B>", "<p>a</p>", "<br>", "a<br/>", "<div>a</div>", "<h1>a</h1>",
        "<ul><li>a</li></ul>", '<b class="x">a</b>', "<a>a</a>", '<a href="">a</a>', '<a href="javascript:x">a</a>',
        '<a href="kabar.example">a</a>', "<a href='https://a.example'>a</a>", "<a href=https://a.example>a</a>",
        '<a href="https://a.example/?b&c">a</a>', '<a href="https://a.example" target="_blank">a</a>',
        '<a href="https://a.example"><a href="https://b.example">a</a></a>',
        '<a href="https://a.example"><code>a</code></a>', "<blockquote>a<blockquote>b</blockquote></blockquote>",
        "<blockquote collapsed>a</blockquote>", "<blockquote expandable><blockquote>b</blockquote></blockquote>",
        '<a href="https://a.example"><blockquote>a</blockquote></a>', "<code><b>a</b></code>", "<b><code>a</code></b>",
        "<pre><i>a</i></pre>", '<pre><a href="https://a.example">a</a></pre>', '<code class="language-python">a</code>',
        "<pre><code>a</code></pre>", '<span class="red">a</span>', "<span>a</span>", "<tg-emoji>a</tg-emoji>",
        '<tg-emoji emoji-id="x">a</tg-emoji>', "<!-- a -->b", "", " \n", "<b></b>", "<b >a</b>", "\ud83d",
    ],
)  # fmt: skip
def test_the_reader_rejects(html: str) -> None:
    """What Telegram refuses, forgives or drops in silence."""
    assert [] != check(html)


DOCUMENTED = """
<b>bold</b>, <strong>bold</strong> <i>italic</i>, <em>italic</em> <u>underline</u>, <ins>underline</ins>
<s>strikethrough</s>, <strike>strikethrough</strike>, <del>strikethrough</del>
<span class="tg-spoiler">spoiler</span>, <tg-spoiler>spoiler</tg-spoiler>
<b>bold <i>italic bold <s>struck <span class="tg-spoiler">spoiler</span></s> <u>underlined</u></i></b>
<a href="http://www.example.com/">inline URL</a> <a href="tg://user?id=123456789">inline mention of a user</a>
<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji> <code>inline fixed-width code</code>
<pre>pre-formatted fixed-width code block</pre>
<pre><code class="language-python">pre-formatted code block in Python</code></pre>
<blockquote>Block quotation &lt; &gt; &amp; &quot; &#39; &#x1F600;</blockquote>
<blockquote expandable>Expandable <b>block</b> quotation</blockquote>
"""


def test_the_reader_takes_what_is_documented() -> None:
    """Every tag and reference Telegram names, nested as it allows."""
    assert [] == check(DOCUMENTED)
    assert "Block quotation < > & \" ' 😀" in shown(DOCUMENTED)
    assert 25 == entity_count(DOCUMENTED)


def test_the_reader_counts_as_telegram_does() -> None:
    """Code units of what is shown; tags and references do not count."""
    assert 6 == parsed_length("<b>a</b>&amp;😀é\n")
    assert 2 == entity_count('<b>a</b><pre><code class="language-c">b</code></pre>')
