"""Candidates for a short answer inside a sentence, by the kind of answer asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.kind import Kind
from index.chunk import MONTHS
from index.records import Span
from index.tokens import STOPWORDS, tokens
from index.words import word_set

_MONTH = "|".join(MONTHS)
_WEEKDAY = "Senin|Selasa|Rabu|Kamis|Jumat|Jum'at|Sabtu|Minggu"
_CLOCK = r"(?:pukul|jam)\s\d{1,2}[.:]\d{2}(?:\s(?:WIB|WITA|WIT))?"
_DATE = re.compile(
    rf"(?:\b(?:{_WEEKDAY}),?\s)?(?:\(\d{{1,2}}/\d{{1,2}}(?:/\d{{4}})?\)|\b\d{{1,2}}/\d{{1,2}}/\d{{4}}\b"
    rf"|\b(?:\d{{1,2}}(?:\s?-\s?\d{{1,2}})?\s)?(?:{_MONTH})(?:\s\d{{4}})?\b(?!\s[A-Z]))(?:,?\s{_CLOCK})?"
    rf"|\b(?:tahun\s)?(?:19|20)\d\d\b|\b{_CLOCK}|\b(?:{_WEEKDAY})\b(?:\s(?:pagi|siang|sore|malam))?"
    r"|\b\d{1,2}[.:]\d{2}\s(?:WIB|WITA|WIT)\b"
)

_DIGITS = r"\d+(?:[.,]\d+)*"
_WORDS = (
    r"(?:(?:se|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)\s?(?:belas|puluh|ratus|ribu|juta)|satu|dua|tiga|empat|lima"
    r"|enam|tujuh|delapan|sembilan|sepuluh|sebelas|seratus|seribu|setengah)"
)
_SCALE = r"(?:ribu|juta|miliar|milyar|triliun|persen|%)"
_NUMBER = re.compile(
    rf"(?:(?:Rp|US\$|USD|IDR|€|\$)\.?\s?)?(?:{_DIGITS}|\b{_WORDS}(?:\s{_WORDS})*)(?:\s?{_SCALE}){{0,2}}"
    r"(?:\s(?:dolar AS|dollar AS|rupiah|per\s\w+|[a-z][a-z-]{2,}))?"
)
_MONEY = re.compile(r"^(?:Rp|US\$|USD|IDR|€|\$)|(?:rupiah|dolar AS|dollar AS)$")
_PARTICLE = r"(?:bin|binti|al|el|de|van|der|von|dan|of|the|&)"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'.-]*[\w]|[A-Z]"
_PROPER = re.compile(rf"(?:{_CAPITAL})(?:\s(?:(?:{_PARTICLE})\s)?(?:{_CAPITAL}|\d+\b))*(?:\s\([A-Z][\w-]*\))?")
_PLACE = re.compile(
    rf"\b(?:di|ke|dari|asal|kota|kawasan|wilayah|daerah|berasal|warga)\s(?:(?:kota|kabupaten|kawasan|wilayah|daerah|dekat|dalam"
    rf"|sekitar|depan|jalan|gedung|desa|perbatasan|area)\s)*(?P<place>{_PROPER.pattern}(?:,\s{_PROPER.pattern})*)"
)
_REASON = re.compile(  # a look-ahead, so that "diperlukan untuk X karena Y" gives both clauses
    r"\b(?=(?P<marker>karena|lantaran|akibat|sebab|disebabkan(?: oleh)?|dikarenakan|gara-gara|dipicu(?: oleh)?|untuk"
    r"|agar|supaya|guna|demi|sehingga|because|due to)\s(?P<clause>[^.;!?”\"]{8,220}))",
    re.IGNORECASE,
)
_PURPOSE_ONLY = re.compile(r"\b(?:untuk|agar|supaya|guna|demi)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"‘']([^“”\"‘’']{3,60})[”\"’']")

_NOT_NAMES = word_set("not_names", "bot.words")
_OFFICES = word_set("offices", "bot.words")
_ORGANISATIONS = re.compile(
    r"^(?:PT|CV|Universitas|Kementerian|Dinas|Badan|Polda|Polres\w*|Polsek|Polri|Kejaksaan|Kejati|Kejari|Pengadilan|PN|Bank|RS\w*"
    r"|Rumah Sakit|Jalan|Jl|Kota|Kabupaten|Provinsi|Kecamatan|Desa|Gedung|Pasar|Stadion|Hotel|SM[AK]\w*|SD\w*|Partai"
    r"|Komisi|Pemerintah|Pemkot|Pemkab|Pemprov|DPR\w*|DPRD|KPK|TNI|Indonesia|Jakarta|Forum|Festival|Piala|Liga|Undang|Pasal)\b"
)


def candidates(sentence: str, kind: Kind, question: str) -> list[Span]:
    """Spans of `sentence` that could be the short answer, in order; none for a statement.

    What the question itself says is no answer to it and is left out.
    """
    asked = _terms_of(question)
    found = _FINDERS.get(kind, _nothing)(sentence, question)
    return [s for s in found if not set(tokens(sentence[s.start : s.end])) <= asked or kind is Kind.NUMBER]


@lru_cache(maxsize=16)
def _terms_of(question: str) -> frozenset[str]:
    """The question's terms; one question is held against hundreds of sentences."""
    return frozenset(tokens(question))


@lru_cache(maxsize=16)
def _words_of(question: str) -> frozenset[str]:
    """The question's words, as written and as terms."""
    return frozenset(stem for word in re.findall(r"\w+", question.lower()) for stem in (word, *tokens(word)))


_HEADS = {
    Kind.NUMBER: r"(?:berapa(?:kah)?|how (?:many|much))(?: (?:banyak|jumlah|total|besar|lama))? (?P<after>[a-z]+)",
    Kind.DATE: r"(?P<after>tahun|bulan|tanggal|hari|pukul|jam) (?:berapa|apa)",
    Kind.REASON: r"(?!)",
}
_HEAD_BEFORE = (
    r"\b(?:apa|siapa)(?:kah)? nama (?P<named>[a-z-]+)"
    r"|(?P<first>[a-z-]+) (?:(?P<second>[a-z-]+) )?(?:apa|mana|siapa)(?:kah|nya)?\b|\b(?:what|which) (?P<after>[a-z]+)"
)


def wanted_terms(question: str, kind: Kind) -> frozenset[str]:
    """Terms that name what is asked for: "aplikasi pesan apa", "berapa orang", "which country"."""
    match = re.search(_HEADS.get(kind, _HEAD_BEFORE), question.lower())
    return frozenset() if match is None else frozenset(tokens(" ".join(filter(None, match.groups()))))


def names_in(question: str) -> list[str]:
    """Capitalised names in a question, but for its first word, which is capitalised anyway."""
    return [m[0] for m in _PROPER.finditer(question) if m.start() > 0]


def with_head(sentence: str, span: Span, wanted: frozenset[str]) -> Span:
    """A name with the wanted word right before it: "film Ranjang Pengantin" for "film apa"."""
    word = _LAST_WORD.search(sentence, 0, span.start)
    if word is None or not set(tokens(word["word"])) & wanted:
        return span
    return Span(word.start(), span.end)


_LAST_WORD = re.compile(r"(?P<word>[\w-]+)\s$")


def _nothing(_sentence: str, _question: str) -> Iterator[Span]:
    return iter(())


def _dates(sentence: str, question: str) -> Iterator[Span]:
    wants_clock = re.search(r"\b(jam|pukul|what time)\b", question, re.IGNORECASE)
    for match in _DATE.finditer(sentence):
        if wants_clock and not re.search(r"\d[.:]\d\d", match[0]):
            continue
        yield Span(match.start(), match.end())


def _numbers(sentence: str, question: str) -> Iterator[Span]:
    dates = [m.span() for m in _DATE.finditer(sentence)]
    wants_money = re.search(
        r"\b(rupiah|harga\w*|biaya|anggaran\w*|dana\w*|kerugian|rugi|uang|gaji|denda|nilai\w*|tarif|dolar|senilai|omzet|modal|utang"
        r"|cost|price|money|worth|budget)\b", question, re.IGNORECASE,
    )  # fmt: skip
    for match in _NUMBER.finditer(sentence):
        start, end = match.span()
        if any(start < b and a < end for a, b in dates) or sentence[:start].endswith(
            ("No. ", "nomor ", "Pasal ", "pasal ")
        ):
            continue
        end = _without_function_word(sentence, start, end)
        if wants_money and not (_MONEY.search(sentence[start:end]) or _SCALED.search(sentence[start:end])):
            continue
        if end < len(sentence) and sentence[start:end].isdigit() and sentence[end] in "-–/":
            continue
        yield Span(start, end)


# "5,8 mengguncang": what follows a number is its unit only if it is no verb.
_VERB = re.compile(r"(?!menteri|berita|terminal|direktur)(?:me[mn]|meng|meny|ber|di|ter)[a-z]{4,}")
_SCALED = re.compile(rf"{_SCALE}$")


def _without_function_word(sentence: str, start: int, end: int) -> int:
    head, _, last = sentence[start:end].rpartition(" ")
    is_unit = last not in STOPWORDS and not _VERB.fullmatch(last)
    return end if not head or is_unit else start + len(head)


def _names(sentence: str, question: str) -> Iterator[Span]:
    dateline = _DATELINE.match(sentence)
    for match in _PROPER.finditer(sentence, dateline.end() if dateline else 0):
        span = _trimmed(sentence, match.span(), question, _NOT_NAMES)
        if span is None:
            continue
        text = sentence[span.start : span.end]
        if span.start == 0 and " " not in text and not text.isupper():
            continue  # most likely capitalised for opening the sentence
        yield span


def _trimmed(sentence: str, span: tuple[int, int], question: str, dropped: frozenset[str]) -> Span | None:
    """A name without what the question says already and without opening words that are no name."""
    asked = _words_of(question)
    words = [
        (m.start() + span[0], m.end() + span[0], m[0].strip("().,'’").lower())
        for m in _WORD.finditer(sentence[slice(*span)])
    ]
    while words and (words[0][2] in dropped or words[0][2] in asked or not words[0][2].strip("-")):
        words = words[1:]
    if not words or words[-1][2] in asked:
        return None  # someone or something the question names itself
    start, end = words[0][0], words[-1][1]
    return Span(start + (sentence[start] == "(" and ")" not in sentence[start:end]), end)


_WORD = re.compile(r"\S+")
_DATELINE = re.compile(r"[A-ZÀ-Þ][^.!?]{2,70}? [-–—] (?=[“\"A-Z])")  # "PADANG, Lentera Sumatra - "


def _people(sentence: str, question: str) -> Iterator[Span]:
    for name in _names(sentence, question):
        before = sentence[: name.start].lower()
        if _ORGANISATIONS.match(sentence[name.start : name.end]) or re.search(
            r"\b(di|ke|asal|kota|kabupaten)\s$", before
        ):
            continue
        span = _trimmed(sentence, (name.start, name.end), question, _OFFICES)
        if span is not None:
            yield span


def _places(sentence: str, question: str) -> Iterator[Span]:
    found = [Span(m.start("place"), m.end("place")) for m in _PLACE.finditer(sentence)]
    yield from found or _names(sentence, question)


def _reasons(sentence: str, question: str) -> Iterator[Span]:
    purpose = re.search(r"\b(untuk apa|buat apa|tujuan\w*|purpose)\b", question, re.IGNORECASE)
    for match in _REASON.finditer(sentence):
        if purpose and not _PURPOSE_ONLY.match(match["marker"]):
            continue
        clause = match["clause"].rstrip()
        yield Span(match.start("clause"), match.start("clause") + len(clause.rstrip(",\"”’' ")))


def _things(sentence: str, question: str) -> Iterator[Span]:
    for match in _QUOTED.finditer(sentence):
        yield Span(match.start(1), match.end(1))
    yield from _names(sentence, question)


_FINDERS = {
    Kind.DATE: _dates,
    Kind.NUMBER: _numbers,
    Kind.PERSON: _people,
    Kind.PLACE: _places,
    Kind.REASON: _reasons,
    Kind.NAME: _things,
}
