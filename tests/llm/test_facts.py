"""What can be looked up in a sentence, and whether it is there."""

from __future__ import annotations

import pytest

from bot.llm.facts import Haystack, facts_in, words_of

PASSAGE = (
    "Presiden Prabowo Subianto meninjau Demak pada Rabu (4/3/2026). Kerugian Rp1,5 juta, dua puluh enam rumah rusak, "
    "1.240 warga mengungsi. Ukraina mengirim bantuan. Ketua KPK hadir."
)


def missing(claim: str, *, english: bool = False) -> bool:
    hay = Haystack(words_of(PASSAGE))
    return not all(map(hay.holds, facts_in(claim, english=english)))


@pytest.mark.parametrize(
    "claim",
    [
        "Sebanyak 1240 warga mengungsi.",
        "Kerugian mencapai Rp 1.500.000.",
        "Sebanyak 26 rumah rusak.",
        "Itu terjadi 4 Maret 2026.",
        "Kata Prabowo Subianto.",
        "prabowo meninjau Demak",
        "KPK",
        "Menurutnya, peninjauan berlangsung lancar.",
    ],
)
def test_facts_that_are_there(claim: str) -> None:
    """In whichever spelling; function words at the front are no names."""
    assert not missing(claim)


@pytest.mark.parametrize(
    "claim",
    [
        "Sebanyak 1.241 warga mengungsi.",
        "Kerugian mencapai Rp1,5 miliar.",
        "Sebanyak 27 rumah rusak.",
        "Itu terjadi 5 Maret 2026.",
        "Kata Prabowo Wibowo.",
        "Jokowi meninjau Demak.",
        "Ridwan meninjau Demak.",
        "PISANG",
        "Warga Kudus mengungsi.",
    ],
)
def test_facts_that_are_not(claim: str) -> None:
    """A digit, a scale, a day, a surname, a subject, an acronym, a place."""
    assert missing(claim)


@pytest.mark.parametrize(
    ("claim", "there"),
    [
        ("On 4 March 2026 President Prabowo visited Demak.", True),
        ("The loss was 1.5 million rupiah.", True),
        ("The loss was 1.5 billion rupiah.", False),
        ("Some 1,240 residents fled.", True),
        ("Some 1,241 residents fled.", False),
        ("Ukraine sent aid.", True),
        ("Russia sent aid.", False),
    ],
)
def test_english_facts(claim: str, there: bool) -> None:
    """Points and commas the other way round, and names that begin alike."""
    assert there is not missing(claim, english=True)
