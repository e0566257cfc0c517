"""One spelling for what Indonesian news spells in several: amounts, number words, dates."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from index.dates import write_dates_out

SWAPPED = str.maketrans(",.", ".,")  # 1,234.5 in English is 1.234,5 in Indonesian

_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def fold(text: str) -> str:
    """White space folded to single blanks."""
    return " ".join(text.split())


_CURRENCY = re.compile(r"\b(rp|idr|usd|us\$)(?=\.?\s?\d)\.?|\$(?=\s?\d)")
_AMOUNT = r"(?<![\d.])(?P<amount>\d+(?:\.\d+)?)"
_RUPIAH = re.compile(rf"{_AMOUNT} rupiah\b")
_DOLLARS = re.compile(rf"{_AMOUNT} (?:dolar|dollar)(?: as| amerika serikat| amerika)?\b")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\.?\d)")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_UNIT_LETTERS = re.compile(r"(?<=\d)(?=[^\W\d_])")
_OTHER = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w\s.]|_")


@lru_cache(maxsize=100_000)
def normalised(text: str) -> str:
    """An answer as it is compared: SQuAD's normalisation, with one spelling for what Indonesian spells in several.

    Punctuation becomes a blank rather than nothing, so that "2-1" is not "21". Numbers:
    "Rp1,5 juta", "rp. 1.500.000" and "1500000 rupiah" are all "rp 1500000", "dua puluh enam"
    is "26", "2%" is "2 persen", "25m" is "25 m". Dates: "Jumat (5/9/2025)" is "5 september 2025".
    """
    text = write_dates_out(unicodedata.normalize("NFKC", text)).lower().replace("%", " persen ")
    text = re.sub("['’`]", "", text)
    text = _CURRENCY.sub(lambda match: " usd " if "$" in match[0] else f" {match[1]} ", text)
    text = _THOUSANDS.sub(lambda match: match[0].replace(".", ""), text)
    text = _UNIT_LETTERS.sub(" ", _DECIMAL_COMMA.sub(".", text))
    text = numbers_in_digits(fold(_ENGLISH_ARTICLES.sub(" ", _OTHER.sub(" ", text))))
    return _DOLLARS.sub(r"usd \g<amount>", _RUPIAH.sub(r"rp \g<amount>", text))


_DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_UNITS = {word: number for number, word in enumerate(_DIGITS)}
_SCALES = {"triliun": 10**12, "miliar": 10**9, "juta": 10**6, "ribu": 10**3}
_UNIT = rf"(?:{'|'.join(_UNITS)})"
_BELOW_HUNDRED = rf"(?:{_UNIT} puluh(?: {_UNIT}(?! (?:puluh|belas|ratus)\b))?|{_UNIT} belas|sepuluh|sebelas|{_UNIT})"
_BELOW_THOUSAND = rf"(?:(?:{_UNIT} ratus|seratus)(?: {_BELOW_HUNDRED}(?! ratus\b))?|{_BELOW_HUNDRED})"
_COUNT = rf"(?:{_BELOW_THOUSAND}|\d+(?:\.\d+)?)"
# "dua juta tiga ratus ribu lima": the largest scale first, each at most once.
_NUMBER = re.compile(
    rf"(?<![\w.])(?=\d|{_UNIT}|se)"
    + "".join(rf"(?:(?:(?P<{scale}>{_COUNT}) {scale}|se{scale})\b ?)?" for scale in _SCALES)
    + rf"(?P<rest>{_BELOW_THOUSAND}\b)?"
)
_ANY_NUMBER_WORD = re.compile(rf"\b(?:{_UNIT}|{'|'.join(_SCALES)}|se(?:puluh|belas|ratus|ribu|juta))\b")


def numbers_in_digits(text: str) -> str:
    """Lower-case text with its number words as digits: "1.5 juta" -> "1500000", "dua puluh enam" -> "26"."""
    text = text.replace("milyar", "miliar").replace("trilyun", "triliun")
    return _NUMBER.sub(_in_digits, text) if _ANY_NUMBER_WORD.search(text) else text


def _in_digits(match: re.Match[str]) -> str:
    if not match[0]:
        return ""
    total = _value(match["rest"]) if match["rest"] else Decimal(0)
    for scale, factor in _SCALES.items():
        if match[scale]:
            total += _value(match[scale]) * factor
        elif f"se{scale}" in match[0].split():
            total += factor
    blank = " " if match[0].endswith(" ") else ""
    return f"{total.normalize():f}{blank}"


def _value(count: str) -> Decimal:
    """The number below a thousand that words say, or that digits are."""
    if count[0].isdigit():
        return Decimal(count)
    total = unit = 0
    for word in count.split():
        if word in _UNITS:
            unit = _UNITS[word]
            total += unit
        elif word in ("sepuluh", "sebelas", "seratus"):
            total += {"sepuluh": 10, "sebelas": 11, "seratus": 100}[word]
        elif word == "belas":
            total += 10
        else:
            total += unit * ({"puluh": 10, "ratus": 100}[word] - 1)
    return Decimal(total)
