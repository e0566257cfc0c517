"""A request that is no question: "ringkas berita hari ini tentang KPK", "ada berita apa soal banjir?"."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 200  # characters; a longer one asks for something in particular


@dataclass(frozen=True, slots=True)
class Request:
    """News is asked for: on a subject, or on anything where that is "".

    `newest`: what is newest, however old that is ("berita terbaru"), rather than of certain days.
    """

    subject: str
    newest: bool = False


_NEWS = r"(?:berita|kabar|info|informasi|artikel|liputan|perkembangan|update|headline|headlines)"
_WHICH = r"(?:apa(?: saja)?|apa pun|terbaru|terkini|terakhir|terhangat|baru|utama|penting|hari ini|lain|lainnya|nya)"
_ABOUT = r"(?:tentang|soal|mengenai|terkait|perihal|seputar|dari|untuk|about|on|regarding|with)"
_POLITE = (
    r"(?:tolong|coba|minta|bisa|boleh|mau|ingin|saya|aku|kasih|beri|memberi|berikan"
    r"|carikan|cari|tampilkan|please|can you|could you)"
)
_SUM_UP = r"(?:ringkas(?:kan)?|rangkum(?:kan|lah)?|ringkasan|rangkuman|sum up|summari[sz]e|summary of|summary)"
_TELL = r"(?:ceritakan|jelaskan|bahas|tell me(?: more)?|explain)"
# Each begins a request; what follows it is the subject.
_FORMS = tuple(
    re.compile(rf"^(?:{_POLITE}\s)*{form}(?:\s{_ABOUT})?\b", re.IGNORECASE)
    for form in (
        rf"{_SUM_UP}(?:\s(?:the|semua|beberapa|today'?s|latest))*(?:\s(?:{_NEWS}|news))?(?:\s{_WHICH})*",
        rf"(?:ada|apa)\s(?:apa\s)?(?:saja\s)?{_NEWS}(?:\s{_WHICH})*",
        rf"apa(?: saja)?\s(?:yang\s)?(?:baru|terbaru)(?=\s{_ABOUT})",
        rf"{_NEWS}(?:nya)?(?:\s{_WHICH})*",
        rf"{_TELL}(?=\s{_ABOUT}\b)",
        r"what(?:'?s| is| are)(?: the)?(?: latest| new| recent)*(?: news| new| headlines)(?: today)?",
        r"(?:is there |are there )?(?:any|the|some|give me|show me|latest|recent|top|today'?s|more)"
        r"(?: the| any| some| latest| recent| top| today'?s)*(?: news| updates?| headlines?)",
        r"news(?=\s(?:about|on|regarding|from)\b)",
    )
)  # fmt: skip
_HAPPENED = re.compile(  # without a subject: "apa yang terjadi hari ini?"
    r"^(?:(?:ada apa|apa(?: saja)? yang terjadi|apa(?: saja)? kejadian|what happened"
    r"|what'?s (?:going on|happening))(?: saja)?)"
    r"(?P<rest>.*)$",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"\b(?:(?:pada|di)\s)?(?:(?:hari|pagi|siang|sore|malam|pekan|minggu|bulan|tahun) (?:ini|lalu|kemarin)"
    r"|kemarin(?: lusa)?|semalam"
    r"|akhir-akhir ini|belakangan ini|terbaru|terkini|sekarang|saat ini|today|yesterday|this (?:week|month|morning)"
    r"|last (?:week|month|night)|currently|recently|latest|now"
    r"|(?:tanggal )?\d{1,2} [A-Za-z]{3,9} \d{4}|(?:tanggal )?\d{1,2}/\d{1,2}/\d{4})\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"\b(?:dong|deh|sih|nih|ya|yah|gan|min|kak|bro|tolong|please|saja|aja|apa"
    r"|itu dong|for me|untuk saya|buat saya|hari)\b"
    r"|[?!.,;:…]+(?=\s|$)",
    re.IGNORECASE,
)
# What is left asks something in particular: "kabar terbaru, berapa yang mengungsi?"
_ASKS = re.compile(
    r"\b(?:siapa|berapa|kapan|mana|kenapa|mengapa|bagaimana|apakah|benarkah|apa|who|how|when|where|why|which|what|whether|did|does)\b",
    re.IGNORECASE,
)
_NEWEST = re.compile(
    r"\b(?:terbaru|terkini|terakhir|terhangat|sekarang|saat ini|latest|newest|recent|currently|now)\b", re.IGNORECASE
)
_PARTICULAR = re.compile(r"\s+yang\b", re.IGNORECASE)  # "berita apa yang dibaca presiden?"
_LEADING = re.compile(rf"^(?:{_ABOUT}|yang|the|di)\s+", re.IGNORECASE)


def request_of(text: str) -> Request | None:
    """The request that a text, its slang written out, makes; None for a question."""
    text = " ".join(text.split())
    if len(text) > LONGEST:
        return None
    for form in _FORMS:
        if match := form.match(text):
            rest = text[match.end() :]
            asks = _ASKS.search(subject := _subject(rest)) or (_PARTICULAR.match(rest) and "apa" in match[0].lower())
            return None if asks else Request(subject, bool(_NEWEST.search(text)))
    happened = _HAPPENED.match(text)
    if happened and _DAYS.search(happened["rest"]) and not _subject(happened["rest"]):
        return Request("")
    return None


def _subject(rest: str) -> str:
    text = " ".join(_FILLER.sub(" ", _DAYS.sub(" ", rest)).split()).strip(" -–\"'“”")
    while (trimmed := _LEADING.sub("", text)) != text:
        text = trimmed
    return re.sub(rf"\s+(?:{_ABOUT}|per|pada|sejak)$", "", text, flags=re.IGNORECASE)
