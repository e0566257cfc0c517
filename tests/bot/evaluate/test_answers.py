"""Exact match, token F1 and containment: against SQuAD's own script, and in Indonesian spelling."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluate.answers import (
    contains,
    exact_match,
    squad_accepted,
    squad_normalised,
    token_f1,
)
from bot.normalise import normalised, numbers_in_digits

# -- SQuAD 2.0's evaluate-v2.0.py, as published, for comparison ---------------------------------


def reference_normalise(s: str) -> str:
    s = "".join(ch for ch in s.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", s).split())


def reference_f1(a_gold: str, a_pred: str) -> float:
    gold, pred = reference_normalise(a_gold).split(), reference_normalise(a_pred).split()
    same = sum((collections.Counter(gold) & collections.Counter(pred)).values())
    if len(gold) == 0 or len(pred) == 0:
        return float(gold == pred)
    if same == 0:
        return 0
    precision, recall = 1.0 * same / len(pred), 1.0 * same / len(gold)
    return (2 * precision * recall) / (precision + recall)


def reference_scores(accepted: list[str], answer: str) -> tuple[float, float]:
    golds = [a for a in accepted if reference_normalise(a)] or [""]
    exact = max(float(reference_normalise(a) == reference_normalise(answer)) for a in golds)
    return exact, max(reference_f1(a, answer) for a in golds)


def squad(accepted: list[str], answer: str) -> tuple[float, float]:
    golds = squad_accepted(accepted)
    return exact_match(answer, golds, squad_normalised), token_f1(answer, golds, squad_normalised)


SQUAD = [
    pytest.param(["Denver Broncos"], "The Denver Broncos!", (1.0, 1.0), id="articles-and-punctuation"),
    pytest.param(["Denver Broncos"], "Broncos", (0.0, 2 / 3), id="half"),
    pytest.param(["Denver Broncos", "Broncos"], "Broncos", (1.0, 1.0), id="best-of-several"),
    pytest.param(["ya"], "ya ya ya", (0.0, 0.5), id="repeated-words-count-once"),
    pytest.param(["19"], "19 tahun", (0.0, 2 / 3), id="unit"),
    pytest.param(["Rp 1.500"], "Rp1.500", (0.0, 0.0), id="plain-squad-knows-no-rupiah"),
    pytest.param(["2-1"], "21", (1.0, 1.0), id="punctuation-vanishes"),
    pytest.param([], "", (1.0, 1.0), id="nothing-to-answer-and-nothing-said"),
    pytest.param([], "Budi", (0.0, 0.0), id="nothing-to-answer-but-something-said"),
    pytest.param(["Budi"], "", (0.0, 0.0), id="refused"),
    pytest.param(["the"], "a", (1.0, 1.0), id="both-vanish"),
    pytest.param(["...", "Budi"], "Budi", (1.0, 1.0), id="a-gold-that-is-nothing-is-dropped"),
]


@pytest.mark.parametrize(("accepted", "answer", "expected"), SQUAD)
def test_plain_scores_are_squads(accepted: list[str], answer: str, expected: tuple[float, float]) -> None:
    """On cases worked out by hand, which the published script agrees with."""
    assert expected == pytest.approx(squad(accepted, answer))
    assert expected == pytest.approx(reference_scores(accepted, answer))


WORDS = st.lists(st.sampled_from(["the", "a", "Budi", "budi", "19", "2-1", "Rp1.500", "...", "’", "Émile"]), max_size=5)
TEXTS = WORDS.map(" ".join) | st.text(max_size=12)


@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_plain_scores_are_squads_on_anything(accepted: list[str], answer: str) -> None:
    """Whatever the texts are."""
    assert reference_scores(accepted, answer) == pytest.approx(squad(accepted, answer))


# -- Indonesian ------------------------------------------------------------------------------

SAME = {
    "rupiah": ["Rp1.500.000", "Rp 1,5 juta", "rp. 1.500.000", "1.500.000 rupiah", "Rp 1500000", "1,5 juta rupiah"],
    "dollars": ["US$ 85,1 juta", "USD85,1 juta", "85,1 juta dolar AS", "$85.100.000"],
    "a number in words": ["26", "dua puluh enam", "Dua Puluh Enam"],
    "thousands": ["1.240", "1240", "seribu dua ratus empat puluh"],
    "a scale": ["5,4 miliar", "5,4 milyar", "5.400.000.000"],
    "words and scale": ["dua juta tiga ratus ribu", "2,3 juta", "2.300.000"],
    "seratus ribu": ["100 ribu", "seratus ribu", "100.000"],
    "percent": ["2%", "2 persen", "2 %", "dua persen"],
    "a date": ["5 September 2025", "5/9/2025", "05/09/2025", "Jumat (5/9/2025)", "2025-09-05", "5 Sept 2025",
               "September 5, 2025", "Jumat, 5 September 2025"],
    "a day": ["13 Oktober", "13/10", "(13/10)", "13 Okt"],
    "quotation marks": ["“Shin Tae-yong”", "Shin Tae-yong.", "shin tae yong"],
    "a weekday": ["Jum'at", "Jumat", "Jum’at"],
}  # fmt: skip


@pytest.mark.parametrize("spellings", SAME.values(), ids=SAME)
def test_spellings_of_one_answer_are_equal(spellings: list[str]) -> None:
    """Each matches exactly, and is contained in, every other."""
    assert 1 == len(set(map(normalised, spellings))), {s: normalised(s) for s in spellings}


DIFFERENT = [
    ("5,4 miliar", "54 miliar"), ("2-1", "21"), ("pukul 06.15", "615"), ("25", "25.000"),
    ("5 September 2025", "6/9/2025"),
    ("Jumat (4/9/2025)", "4 September 2026"), ("1,5", "15"), ("satu, dua", "12"), ("dua puluh, lima belas", "35"),
    ("Rp 5 ribu", "5 ribu"), ("juta", "1 juta"), ("lima puluh", "5"), ("31/2", "31 Februari"), ("ratusan", "100"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_answers_stay_different(one: str, other: str) -> None:
    """What one form swallows must not make two answers one."""
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Rp1.500,5", "rp 1500.5"),
        ("Harganya Rp 25.000.", "harganya rp 25000"),
        ("25m", "25 m"),
        ("2-1", "2 1"),
        ("pukul 06.15 WIB", "pukul 06.15 wib"),
        ("tiga ratus enam puluh lima hari", "365 hari"),
        ("sembilan belas atau dua puluh", "19 atau 20"),
        ("sebuah rumah, sepuluh ribu warga", "sebuah rumah 10000 warga"),
        ("", ""),
    ],
)
def test_answers_are_compared_in_one_spelling(written: str, compared: str) -> None:
    assert compared == normalised(written)


UNITS = "nol satu dua tiga empat lima enam tujuh delapan sembilan".split()  # noqa: SIM905  # a list to read


def in_words(number: int) -> str:
    """A number below a trillion as it is said in Indonesian."""
    for scale, name in ((10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"), (10, "puluh")):
        if number >= scale:
            count, rest = divmod(number, scale)
            if scale == 10 and count == 1:
                return ["sepuluh", "sebelas"][rest] if rest < 2 else f"{UNITS[rest]} belas"
            head = f"se{name}" if count == 1 and scale in (100, 1000) else f"{in_words(count)} {name}"
            return f"{head} {in_words(rest)}" if rest else head
    return UNITS[number]


@given(st.integers(0, 999_999_999_999))
def test_every_number_in_words_is_its_digits(number: int) -> None:
    assert str(number) == numbers_in_digits(in_words(number))


@given(st.text(max_size=40))
def test_normalising_again_changes_no_equality(text: str) -> None:
    """Any text is normalised without an error, and an answer equals itself."""
    assert exact_match(text, [text], normalised) == 1.0


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("Kata Budi, aman.", ["Ani", "budi"], 1.0),
        ("pada 2019", ["19"], 0.0),
        ("Rp40.000 per kilogram", ["Rp 40.000"], 1.0),
        ("terjadi Jumat (5/9/2025) malam", ["5 September 2025"], 1.0),
        ("5,4 miliar", ["54"], 0.0),
        ("", ["Budi"], 0.0),
        ("Budi", [], 0.0),
        ("Budi", ["..."], 0.0),
    ],
)
def test_gold_is_contained_as_whole_words(answer: str, accepted: list[str], expected: float) -> None:
    assert expected == contains(answer, accepted)
