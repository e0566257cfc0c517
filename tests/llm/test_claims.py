"""The claim parser: sentences with their marks, as soon as they are certain, however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.llm.claims import Claim, ClaimParser
from bot.llm.judge import ThoughtFilter
from bot.llm.marks import MarkParser
from tests.llm.conftest import splits


def claims(pieces: list[str], passages: int = 3) -> list[Claim]:
    """All claims of a reply in pieces."""
    marks, parser = MarkParser(passages), ClaimParser()
    found = [claim for piece in pieces for claim in parser.feed(marks.feed(piece))]
    return [*found, *parser.feed(marks.close()), *parser.close()]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Banjir [1]. Gempa [2].", [("Banjir.", 1), ("Gempa.", 2)]),
        ("Banjir. [1] Gempa. [2][3]", [("Banjir.", 1), ("Gempa.", 2, 3)]),
        ("[1] Banjir [2] besar.", [("Banjir besar.", 1, 2)]),
        ("- **Demak** banjir [1]\n- Padang gempa [2]", [("Demak banjir", 1), ("Padang gempa", 2)]),
        ("1. Banjir [1]\n2. Gempa [2]", [("Banjir", 1), ("Gempa", 2)]),
        ("26", [("26",)]),
        ("... [1]", []),
        ("Banjir. Banjir.", [("Banjir.",), ("Banjir.",)]),
        ("Prof. Dr. Budi datang pukul 10.00 WIB [1].", [("Prof. Dr. Budi datang pukul 10.00 WIB.", 1)]),
    ],
)
def test_sentences_and_their_passages(reply: str, expected: list[tuple[str | int, ...]]) -> None:
    """A mark belongs to the sentence it stands in or right behind; lists are sentences, their bullets no text."""
    assert expected == [(claim.text, *claim.passages) for claim in claims([reply])]


def test_a_sentence_is_given_out_when_the_next_begins() -> None:
    """Not before: a mark may follow."""
    marks, parser = MarkParser(3), ClaimParser()
    heard = [(piece, parser.feed(marks.feed(piece))) for piece in ("Banjir", ". [1", "] Ge", "mpa", ".")]
    assert [[], [], [Claim("Banjir.", (1,))], [], []] == [found for _, found in heard]
    assert [Claim("Gempa.")] == parser.close()


REPLIES = st.lists(
    st.sampled_from(
        [
            "Banjir",
            "gempa",
            " ",
            ". ",
            ".",
            "\n",
            "[1]",
            " [2]",
            "(3)",
            "Dr. ",
            "10.00",
            "\u201d",
            '"',
            "! ",
            "A",
            "- ",
            "1. ",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(REPLIES)
def test_every_split_gives_the_same_claims(reply: str) -> None:
    """In two at every place, and character by character."""
    whole = claims([reply])
    for pieces in splits(reply):
        assert whole == claims(pieces)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Banjir", "Banjir"),
        ("<think>Hm.</think> Banjir", " Banjir"),
        (" \n<think>Hm", ""),
        ("<thin", "<thin"),
        ("<b>Banjir</b>", "<b>Banjir</b>"),
        ("Banjir <think>x</think>", "Banjir <think>x</think>"),
    ],
)
def test_thoughts_before_the_answer_are_held_back(reply: str, said: str) -> None:
    """Character by character as in one piece."""
    for pieces in ([reply], list(reply)):
        thoughts = ThoughtFilter()
        assert said == "".join([*map(thoughts.feed, pieces), thoughts.close()])
