"""When an article was published: dates as Indonesian newsrooms write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from itertools import chain

from index.chunk import MONTHS

WIB = timezone(timedelta(hours=7), "WIB")

_EARLIEST, _LATEST = 1945, 2100
_HEAD = 600  # characters in which an article says when it appeared

_ZONE_HOURS = {"WIB": 7, "WITA": 8, "WIT": 9, "UTC": 0, "GMT": 0, "Z": 0}
_MONTH_NAMES = (
    "januari january jan",
    "februari february pebruari feb peb",
    "maret march mar mrt",
    "april apr",
    "mei may",
    "juni june jun",
    "juli july jul",
    "agustus august agt agu ags agust aug",
    "september sept sep",
    "oktober october okt oct",
    "november nopember nov nop",
    "desember december des dec",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_WEEKDAY_NAMES = (
    "senin monday",
    "selasa tuesday",
    "rabu wednesday",
    "kamis thursday",
    "jumat jum'at jum\u2019at friday",
    "sabtu saturday",
    "minggu ahad sunday",
)
_WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_WEEKDAY = f"(?:{'|'.join(_WEEKDAYS)})"
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = (
    rf"(?:(?P<day>\d{{1,2}})[\ -](?P<month>{_MONTH})\b\.?,?[\ -](?P<year>\d{{4}})"
    rf"|(?P<english_month>{_MONTH})\b\.?\ (?P<english_day>\d{{1,2}}),?\ (?P<english_year>\d{{4}})"
    r"|(?P<d>\d{1,2})(?P<mark>[/.-])(?P<m>\d{1,2})(?P=mark)(?P<y>\d{4})"
    r"|(?P<iso_year>\d{4})[-/](?P<iso_month>\d{2})[-/](?P<iso_day>\d{2}))(?![\dT])"
)
_TIME = (
    r"(?:[\s,|)\u2013-]{1,5}(?:(?:pukul|jam|pkl|at)\.?\s)?"
    r"(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?:[.:](?P<second>\d{2}))?(?![\d/])"
    r"(?:\s?(?P<zone>WIB|WITA|WIT|UTC|GMT|Z|[+-]\d{2}:?\d{2})\b)?)?"
)
_FLAGS = re.ASCII | re.IGNORECASE | re.MULTILINE
_WRITTEN = re.compile(rf"(?<!\d){_DATE}{_TIME}", _FLAGS)
_ANNOUNCED = re.compile(  # "Diterbitkan pada 5 September 2025", as a whole line
    r"^(?:(?:di)?(?:terbit|publikasi|rilis|tayang)(?:kan)?|published)\b[ :]{0,3}"
    rf"(?:(?:pada|hari|tanggal|on)[ :]{{1,3}}){{0,3}}(?:{_WEEKDAY})?[ ,(]{{0,3}}{_DATE}{_TIME}[ ).]{{0,3}}$",
    _FLAGS,
)
_DATE_LINE = re.compile(rf"^(?:{_WEEKDAY}[ ,(]{{1,3}})?{_DATE}{_TIME}[ ).]{{0,3}}$", _FLAGS)
_DATELINE = re.compile(  # "PARIS, 5 September 2025 - "
    rf"^[^\W\d][^\n]{{1,60}}?[,(] ?(?:{_WEEKDAY}[ ,(]{{1,3}})?{_DATE}{_TIME}\)? ?[-\u2013\u2014]+ ", _FLAGS
)
_FULL = re.compile(rf"(?:\b{_WEEKDAY}[ ,(]{{1,3}})?(?<![\d/.-]){_DATE}", _FLAGS)
_DAY_AND_MONTH = re.compile(
    rf"(?<![\d/.,-])(?P<day>\d{{1,2}})(?:/(?P<m>\d{{1,2}})(?![\d/])|[ -](?P<month>{_MONTH})\b\.?)", _FLAGS
)
_ON_WEEKDAY = re.compile(rf"\b(?P<weekday>{_WEEKDAY}) ?\({_DATE}{_TIME}", _FLAGS)


def parse_date(value: object) -> datetime | None:
    """The moment a metadata field names, or None where it names none.

    Takes a `datetime`, a `date`, ISO 8601, or a date as written in Indonesian or English
    ("Jumat, 5 September 2025 | 16:30 WIB", day before month in "5/9/2025"). Without an offset
    or a zone it is read as WIB (UTC+7); without a time, as midnight. Years outside
    1945-2100 and days that do not exist give None.
    """
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return _aware(datetime.combine(value, time()))
    if not isinstance(value, str):
        return None
    return _iso(value.strip()) or _written(_WRITTEN.search(value[:_HEAD]))


def find_published(text: str) -> datetime | None:
    """When the text itself says it was published, or None.

    Looks for a line that announces it ("Diterbitkan pada 5 September 2025"), then in the first
    600 characters for a line that is only a date, a dateline ("PARIS, 5 September 2025 -"), and
    the first full date in brackets whose weekday is right ("Jumat (5/9/2025)"). Other dates are
    what the article tells about, and a date without its year is none. Zone and time as in
    `parse_date`.
    """
    head = text[:_HEAD]
    found = chain(
        _ANNOUNCED.finditer(text),
        _DATE_LINE.finditer(head),
        _DATELINE.finditer(head),
        _ON_WEEKDAY.finditer(head),
    )
    return next((moment for match in found if (moment := _written(match))), None)


def write_dates_out(text: str) -> str:
    """The text with its dates in one form: "Jumat (5/9/2025" and "Sept 5, 2025" become "5 September 2025".

    The weekday before a full date goes, for it says nothing more; a date without its year
    ("5/9", "5 Sept") is written out too. What is no day of the calendar stays as it is.
    """
    return _DAY_AND_MONTH.sub(_day_and_month, _FULL.sub(_full, text))


def _full(match: re.Match[str]) -> str:
    moment = _written(match)
    return match[0] if moment is None else f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _day_and_month(match: re.Match[str]) -> str:
    day, month = int(match["day"]), _MONTHS[match["month"].lower()] if match["month"] else int(match["m"])
    try:
        date(2000, month, day)  # a leap year
    except ValueError:
        return match[0]
    return f"{day} {MONTHS[month - 1]}"


def _iso(value: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(value))
    except ValueError:
        return None


def _written(match: re.Match[str] | None) -> datetime | None:
    if match is None:
        return None
    parts = match.groupdict()
    day, month, year = (
        next(parts[name] for name in names if parts[name])
        for names in (
            ("day", "english_day", "d", "iso_day"),
            ("month", "english_month", "m", "iso_month"),
            ("year", "english_year", "y", "iso_year"),
        )
    )
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    number = _MONTHS.get(month.lower()) or int(month)
    try:
        zone = _zone(parts.get("zone"))
        moment = datetime(int(year), number, int(day), hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return _aware(moment) if _agrees(moment, parts.get("weekday")) else None


def _agrees(moment: datetime, weekday: str | None) -> bool:
    return weekday is None or _WEEKDAYS[weekday.lower()] == moment.weekday()


def _zone(name: str | None) -> timezone:
    if name is None:
        return WIB
    hours = _ZONE_HOURS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    minutes = int(name[1:3]) * 60 + int(name[-2:])
    return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))


def _aware(moment: datetime) -> datetime | None:
    if not _EARLIEST <= moment.year <= _LATEST:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=WIB)
