"""Words, numbers and dates come out in one form, however they were typed."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.tokens import SLANG, normalise_slang, plain_number, stem, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rumahnya", "rumah"),
        ("pergilah", "pergi"),
        ("benarkah", "benar"),
        ("negara-negara", "negara"),
        ("Anak-anaknya", "anak"),
        ("1.500", "1500"),
        ("1.240.000", "1240000"),
        ("1.240,5", "1240,5"),
        ("Rp5.000", "Rp 5.000"),
        ("Rp600.000", "Rp. 600000"),
        ("Rp27,4 miliar", "rp 27,4 miliar"),
        ("5/9/2025", "05/09/2025"),
        ("ＫＰＫ", "kpk"),
        ("cafe\u0301", "café"),
        ("Jum'at", "Jum’at"),
        ("membaca", "dibaca"),
        ("pengungsian", "mengungsi"),
    ],
)
def test_same_terms(one: str, other: str) -> None:
    """Two ways to write one thing give the same terms."""
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14,6 persen", ["14.6", "persen"]),
        ("pukul 17.30 WIB", ["pukul", "17.30", "wib"]),
        ("Jumat (5/9/2025)", ["jumat", "2025-09-05"]),
        ("yang di dan ke", []),
        ("COVID-19", ["covid", "19"]),
        ("27,4 miliar", ["27.4", "miliar"]),
        ("16 Maret 2026", ["16", "maret", "2026"]),
        ("", []),
        ('"“…”" - _ \0', []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    """Numbers, times and dates are kept whole; function words and marks are left out."""
    assert expected == tokens(text)


def test_amounts_without_a_space_hold_their_number() -> None:
    """ "Rp600.000" is how most outlets write money: the number must be a term."""
    assert "600000" in tokens("Rp600.000 per bulan")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("brp yg ikut", "berapa yang ikut"),
        ("gmn kabar gub jateng", "bagaimana kabar gubernur jateng"),
        ("knp RS tutup", "kenapa RS tutup"),
        ("malem2 di jkt", "malam di jakarta"),
        ("Kapan KPK datang?", "Kapan KPK datang?"),
    ],
)
def test_slang_is_written_out(typed: str, expected: str) -> None:
    """Chat abbreviations become words, acronyms and everything else stay."""
    assert expected == normalise_slang(typed)


def test_every_slang_word_is_written_out_in_words() -> None:
    """Each entry of the table is one lower-case word, and its replacement needs no further look-up."""
    assert [] == [short for short in SLANG if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", short)]
    written = {short: normalise_slang(short) for short in SLANG}
    assert SLANG == written
    assert [] == [w for w in SLANG.values() if not re.fullmatch(r"[a-z]+( [a-z]+)*", w)]


def test_numbers_lose_their_thousands_separators() -> None:
    assert ["1500", "1.5", "17.30", "1000000.25"] == [
        plain_number(n) for n in ("1.500", "1,5", "17.30", "1.000.000,25")
    ]


def test_one_stem_for_a_family_of_words() -> None:
    """Prefixes, suffixes and clitics come off, so that a question finds another form of its verb."""
    assert {"ungsi"} == {stem(w) for w in ("mengungsi", "pengungsi", "pengungsian", "diungsikan", "ungsilah")}


@given(st.text(alphabet=st.characters()))
@example("¨ ﷺ ½ ﬁ İ ß 𝟙 ٣٤ Ⅳ 1,2,3.4.5 rp5.000 \ud800")
def test_no_term_can_break_a_query(text: str) -> None:
    """Any text gives terms without white space or double quotes: they are quoted in a query and split by spaces."""
    for term in tokens(text):
        assert term
        assert not re.search(r'[\s"\0]', term)
    normalise_slang(text)


@given(st.text())
def test_terms_do_not_depend_on_case(text: str) -> None:
    """A question in lower case finds what a headline shouts."""
    lower = text.lower()
    if lower.upper().lower() == lower:  # not so for ß and its like
        assert tokens(lower) == tokens(lower.upper())


@given(st.integers(0, 10**12))
def test_whole_numbers_round_trip(number: int) -> None:
    """However many thousands separators, a number is one term."""
    assert [str(number)] == tokens(f"{number:,}".replace(",", ".")) == tokens(str(number))
