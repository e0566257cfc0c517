"""The mark parser: what is a mark, what is text, and that it never matters how the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.llm.marks import Event, Mark, MarkParser, Text
from tests.llm.conftest import splits


def parsed(pieces: list[str], passages: int = 3) -> list[Event]:
    """Everything a parser gives, neighbouring texts joined."""
    parser = MarkParser(passages)
    events = [event for piece in pieces for event in parser.feed(piece)] + parser.close()
    joined: list[Event] = []
    for event in events:
        if joined and isinstance(event, Text) and isinstance(last := joined[-1], Text):
            joined[-1] = Text(last.text + event.text)
        else:
            joined.append(event)
    return joined


def shown(text: str, passages: int = 3) -> str:
    """Text as it is, marks as {number:passage}."""
    return "".join(e.text if isinstance(e, Text) else f"{{{e.number}:{e.passage}}}" for e in parsed([text], passages))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Banjir [1].", "Banjir{1:1}."),
        ("Banjir [2] dan gempa [1].", "Banjir{1:2} dan gempa{2:1}."),
        ("Banjir [1, 2]", "Banjir{1:1}{2:2}"),
        ("Banjir [1][2]", "Banjir{1:1}{2:2}"),
        ("Banjir [1-3]", "Banjir{1:1}{2:2}{3:3}"),
        ("Banjir [1; 1]", "Banjir{1:1}"),
        ("Banjir【2】", "Banjir{1:2}"),
        ("Banjir【2†sumber】", "Banjir{1:2}"),
        ("Banjir [^1]", "Banjir{1:1}"),
        ("Banjir [Artikel 2]", "Banjir{1:2}"),
        ("Banjir (1)", "Banjir{1:1}"),
        ("Budi (27) datang", "Budi (27) datang"),
        ("Jumat (5/9/2025)", "Jumat (5/9/2025)"),
        ("Banjir [9].", "Banjir."),
        ("Banjir [1, 9].", "Banjir{1:1}."),
        ("[2024] [catatan]", " [catatan]"),
        ("`a[1]` lalu [1]", "`a[1]` lalu{1:1}"),
        ("```\na[1]\n`b[2]`\n``` [3]", "```\na[1]\n`b[2]`\n```{1:3}"),
        ("`tak ditutup [1]\nlalu [2]", "`tak ditutup [1]\nlalu{1:2}"),
        ("Banjir [1", "Banjir [1"),
        ("Banjir [", "Banjir ["),
        ("<b>[1]</b>", "<b>{1:1}</b>"),
    ],
)
def test_what_is_a_mark(reply: str, expected: str) -> None:
    """Square, lenticular and round brackets around known numbers; the rest is text or, if it cites nothing, dropped."""
    assert expected == shown(reply)


def test_no_passage_no_mark() -> None:
    """What cites nothing that was given is dropped."""
    assert "Banjir (1)" == shown("Banjir [1] (1)", passages=0)


def test_text_is_given_out_as_soon_as_it_is_certain() -> None:
    """Words do not wait for the end; only what may become a mark does."""
    parser = MarkParser(2)
    assert [Text("Banjir")] == parser.feed("Banjir")
    assert [] == parser.feed(" [")
    assert [] == parser.feed("1")
    assert [Mark(1, 1)] == parser.feed("]")
    assert [Text(".")] == parser.feed(".")
    assert [] == parser.close()


REPLIES = st.lists(
    st.sampled_from(
        [
            *"[]()【】`† \n123-,;.^aZé",
            "[1]",
            "[1, 2]",
            "【2】",
            "(3)",
            "[9]",
            "[1][2]",
            "```",
            " [",
            "Artikel ",
            "kata ",
            "   ",
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(REPLIES, st.integers(0, 4))
@example("[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]", 3)
@example("          [1]", 3)
def test_every_split_gives_the_same(reply: str, passages: int) -> None:
    """In two at every place, and character by character."""
    whole = parsed([reply], passages)
    for pieces in splits(reply):
        assert whole == parsed(pieces, passages)


@settings(max_examples=150, deadline=None)
@given(REPLIES)
def test_nothing_is_invented(reply: str) -> None:
    """The text that comes out is a subsequence of what went in, and without brackets it is the same."""
    out = "".join(e.text for e in parsed([reply]) if isinstance(e, Text))
    rest = iter(reply)
    assert all(char in rest for char in out)
    numbers = [e.number for e in parsed([reply]) if isinstance(e, Mark)]
    assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1))
