"""Which dates are read, and which of a text's dates is its publication."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clean import clean_text
from index.dates import WIB, find_published, parse_date, write_dates_out
from tests.effort import effort

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"


def at(*when: int, offset: int = 7) -> datetime:
    year, month, day, *clock = when
    hour, minute = clock or (0, 0)
    return datetime(year, month, day, hour, minute, tzinfo=timezone(timedelta(hours=offset)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-09-05T12:00:00Z", at(2025, 9, 5, 12, 0, offset=0)),
        ("2025-09-05T12:00:00+09:00", at(2025, 9, 5, 12, 0, offset=9)),
        ("2025-09-05T12:00:00", at(2025, 9, 5, 12, 0)),
        ("2025-09-05", at(2025, 9, 5)),
        ("2025/10/21 20:43:00", at(2025, 10, 21, 20, 43)),
        ("2025-09-05 12:00 WITA", at(2025, 9, 5, 12, 0, offset=8)),
        ("Jumat, 5 September 2025 | 16:30 WIB", at(2025, 9, 5, 16, 30)),
        ("Rabu (4/3/2026) pukul 16.30 WIB", at(2026, 3, 4, 16, 30)),
        ("5 Sep 2025 14:05 WIB", at(2025, 9, 5, 14, 5)),
        ("5 Agt 2025, 08.00 WITA", at(2025, 8, 5, 8, 0, offset=8)),
        ("Senin, 5 Mei 2025 - 10:30:00 WIT", at(2025, 5, 5, 10, 30, offset=9)),
        ("Diterbitkan pada 5 September 2025", at(2025, 9, 5)),
        ("September 5, 2025", at(2025, 9, 5)),
        ("Fri, 05 Sep 2025 12:00:00 GMT", at(2025, 9, 5, 12, 0, offset=0)),
        ("5/9/2025", at(2025, 9, 5)),
        (date(2025, 9, 5), at(2025, 9, 5)),
        (datetime(2025, 9, 5, 12, 0), at(2025, 9, 5, 12, 0)),
    ],
)
def test_dates_are_read_as_written(value: object, expected: datetime) -> None:
    """ISO 8601, Indonesian and English dates are read, day before month, WIB where nothing is said."""
    read = parse_date(value)
    assert read is not None
    assert (expected, expected.utcoffset()) == (read, read.utcoffset())


@pytest.mark.parametrize("month", ["Agt", "Agu", "Ags", "Agust", "Agustus", "August", "AGUSTUS", "agt."])
def test_every_spelling_of_a_month(month: str) -> None:
    """Abbreviations, English names and any case name the same month."""
    assert at(2025, 8, 17) == parse_date(f"17 {month} 2025")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "kemarin",
        "31/2/2025",
        "5/13/2025",
        "Jumat (5/9)",
        "5 September",
        "17 Agustus 1944",
        "1/1/2101",
        "5 September 2025 pukul 25.00 WIB",
        "2025-02-31",
        "0001-01-01",
        None,
        20250905,
        ["5 September 2025"],
        True,
    ],
)
def test_what_names_no_day_is_none(value: object) -> None:
    """Impossible days, missing years, years outside 1945-2100 and other types give None."""
    assert parse_date(value) is None


@given(st.datetimes(datetime(1945, 1, 1), datetime(2100, 12, 31)))
def test_iso_dates_round_trip(moment: datetime) -> None:
    """What `isoformat` wrote is read back."""
    assert moment.replace(tzinfo=WIB) == parse_date(moment.isoformat())


@given(st.text() | st.from_regex(r"[0-9]{1,5}[ /.-][0-9A-Za-z]{1,9}[ /.-][0-9]{1,5}( [0-9.:+WIBTAZ]{1,9})?"))
def test_no_text_raises(value: str) -> None:
    """Any text is a date or is none."""
    for read in (parse_date(value), find_published(value)):
        assert read is None or 1945 <= read.year <= 2100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Diterbitkan pada 5 September 2025\nPresiden Vladimir Putin telah menolak", at(2025, 9, 5)),
        (
            "Presiden menolak usulan itu.\nDipublikasikan: Jumat, 5 September 2025 16:30 WIB",
            at(2025, 9, 5, 16, 30),
        ),
        ("Diterbitkan pada hari Jumat, 5 September 2025 pukul 08.15 WIT", at(2025, 9, 5, 8, 15, offset=9)),
        ("Published on 5 September 2025\nPutin has rejected", at(2025, 9, 5)),
        ("PARIS, 5 September 2025 – Sebanyak 26 negara menyatakan", at(2025, 9, 5)),
        ("Jakarta, KOMPAS.com (5/9/2025) - Presiden menolak", at(2025, 9, 5)),
        (
            "Harga Beras Turun\nJumat, 5 September 2025 | 16:30 WIB\nHarga beras turun.",
            at(2025, 9, 5, 16, 30),
        ),
        ('"Kami menolak," ujar Prabowo, Jumat (5/9/2025).', at(2025, 9, 5)),
        ("Rapat digelar Rabu (4/3/2026) pukul 16.30 WIB di Istana.", at(2026, 3, 4, 16, 30)),
    ],
)
def test_a_text_says_when_it_appeared(text: str, expected: datetime) -> None:
    """An announcing line, a dateline, a date on its own line and a bracketed weekday date are believed."""
    assert expected == find_published(text)


@pytest.mark.parametrize(
    "text",
    [
        "Indonesia merdeka pada 17 Agustus 1945 dan mengakui Palestina.",
        "Hal itu disampaikan Macron di Istana Elysee, Paris, Kamis (4/9).",
        "Diterbitkan 22 Oktober 2019 dari Astrophysical Journal, penemuan ini memberikan wawasan",
        "Aturan ini mulai berlaku sejak Kamis, 3 Juli 2025, sebagaimana diumumkan.",
        "Dikatakan Wali Kota, Selasa (7/10/2024).",  # a Monday: the year is a slip
        "x " * 400 + "Jumat (5/9/2025)",
    ],
)
def test_dates_the_text_tells_about_are_not_its_own(text: str) -> None:
    """History, events in running text, year-less dates and dates far down are not the publication."""
    assert find_published(text) is None


def test_an_announced_date_beats_a_date_in_the_text() -> None:
    """The line that says so wins over a date that stands before it."""
    text = "Kata dia, Rabu (3/9/2025), harga turun.\nDiterbitkan pada 5 September 2025"
    assert at(2025, 9, 5) == find_published(text)


@pytest.mark.parametrize("text", ["Diterbitkan" + " :" * 200_000, "a, " * 200_000, "Jumat (5/9/2025" * 50_000])
def test_hostile_repetition_is_searched_in_linear_time(text: str) -> None:
    """No pattern backtracks over the whole text."""
    assert effort(lambda: find_published(text)) < 5


def test_found_dates_agree_with_the_outlet() -> None:
    """On detik's articles nine in ten dates found are within a day of the outlet's own."""
    path = CORPUS / "detik.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not there: the articles belong to their publishers")
    days = []
    with path.open(encoding="utf-8") as lines:  # not splitlines: texts hold U+0085
        for record in map(json.loads, lines):
            found = find_published(clean_text(record["text"]))
            if found:
                days.append((found.date() - datetime.fromisoformat(record["published"]).date()).days)
    assert len(days) > 400
    assert sum(-1 <= day <= 0 for day in days) / len(days) > 0.9


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Jumat (5/9/2025)", "5 September 2025)"),
        ("pada 2025-09-05 dan Sept 5, 2025", "pada 5 September 2025 dan 5 September 2025"),
        ("13/10 sampai 14 Okt", "13 Oktober sampai 14 Oktober"),
        ("31/2, 1.500.000, 2-1, pukul 06.15", "31/2, 1.500.000, 2-1, pukul 06.15"),
    ],
)
def test_dates_are_written_in_one_form(written: str, expected: str) -> None:
    """What is a day of the calendar; everything else stays."""
    assert expected == write_dates_out(written)
