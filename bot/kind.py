"""The kind of answer a question asks for, told by its question words."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """The kind of answer a question asks for."""

    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    PLACE = "place"
    REASON = "reason"
    NAME = "name"  # "film apa", "klub mana": something with a name, or at least a phrase
    STATEMENT = "statement"  # "bagaimana", "apakah": a sentence


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b")


# The first pattern that fits decides, so the narrower kinds come first.
_KINDS = (
    (Kind.DATE, _words(
        r"kapan\w*", "when", "(tanggal|tahun|bulan|hari|pukul|jam) (berapa|apa)",
        "(what|which) (date|day|year|month|time)", "sejak (tahun )?berapa",
    )),
    (Kind.REASON, _words(
        "kenapa", "mengapa", "why", r"alasan\w*", r"penyebab\w*", "sebabnya", "apa sebab", "untuk apa", "buat apa",
        "apa (dasar|tujuan|motif)", "dalam rangka apa", "(karena|gara-gara) apa", "reason", "purpose", "what caused",
    )),
    (Kind.NUMBER, _words(
        r"berapa\w*", "seberapa", "how (many|much|long|old|far|big|tall|high|large|often)",
        "(what|which) (percentage|number|share)",
    )),
    (Kind.PERSON, _words(r"siapa\w*", "who", "whom", "whose")),
    (Kind.PLACE, _words(
        "(di|ke|dari) ?mana", r"letak\w*", r"mana (lokasi|tempat)\w*", "where",
        "(kota|negara|provinsi|kabupaten|kecamatan|kelurahan|desa|nagari) (apa|mana)",
        "(daerah|pulau|wilayah|lokasi|tempat|warga) (apa|mana)",
        "(what|which) (country|city|province|town|village|place)",
    )),
    (Kind.STATEMENT, _words(
        r"bagaimana\w*", "how", "benarkah", "benar", r"(?<![a-z] )apa(kah)? (?=yang\b)", r"^apakah (?!nama\b)",
        r"apa (kata|sikap|tanggapan|respons|isi|hasil|dampak|akibat)\w*",
        "what (is|are|was|were|did|does|do|has|had)",
    )),
)  # fmt: skip
# Formal question words: "siapakah" asks what "siapa" asks, but "apakah" alone asks for yes or no.
_KAH = re.compile(r"\b(apa(?= nama)|(?<=\w )apa|mana|berapa|siapa|kapan|bagaimana|(di|ke|dari)mana)kah\b")


def asked_kind(text: str) -> Kind | None:
    """The kind of answer that the question words ask for; None where there is no such word."""
    lower = _KAH.sub(r"\1", text.lower())
    return next((kind for kind, pattern in _KINDS if pattern.search(lower)), None)


def kind_of(text: str) -> Kind:
    """The kind of answer asked for; a name, or at least a phrase, where no question word tells."""
    return asked_kind(text) or Kind.NAME
