"""Bytes to text, and text to what the article says: encodings, invisible marks, scraping noise."""

from __future__ import annotations

import codecs
import re

import charset_normalizer
import ftfy

# Only damage is repaired: quotes, ligatures, widths and entities are the author's.
_REPAIR = ftfy.TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    restore_byte_a0=False,  # may take a real space for half of a letter
    replace_lossy_sequences=False,  # would put U+FFFD where something readable stood
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,  # done below, together with the other breaks
    remove_control_chars=False,  # done below: a separator must become a space, not vanish
    explain=False,
)

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile("[\t\x1c-\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Zero-width joiner (U+200D) and variation selectors stay: they make an emoji what it is.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffc]"
    "|'Ä[éã]"  # U+200E and U+200B damaged twice, in MacRoman and then in ASCII: 241 times in CLICK-ID
)

_NOISE_LINE = re.compile(
    r"""scroll\ to\ (?:continue\ with|resume)\ content
      | advertisements?
      | loading\.{2,}
      | rekomendasi\ cerita
      | \[gambas:[^\]]{1,60}\]
      | saksikan\ live\ ?detik\ ?\w*\ ?:?
      | halaman\ \d+\ (?:dari|/)\ \d+
      | (?:baca|simak|lihat|tonton|klik|lanjut)\b
        (?!.*\.\ )  # a full stop inside: a paragraph, not a pointer
        (?: \ juga\ ?(?: [:;].{0,100} | ["'\u201c\u2018].{1,110} )?
          | (?:\ juga)?\ videos?\b.{0,110}
          | .{0,60}\bhalaman\ (?:berikut|selanjut)nya[ .:>]*
        )""",
    re.IGNORECASE | re.VERBOSE,
)
# Markers that can be told from the sentence they are glued to.
_NOISE_FUSED = re.compile(
    r"""SCROLL\ TO\ CONTINUE\ WITH\ CONTENT
    | ADVERTISEMENT
    | (?i: \[gambas:[^\]\n]{1,60}\] )
    | (?i: \(baca\ juga\ ?:[^()\n]{0,150}\) )
    | ,loading\.\.\.
    | (?i: ,\ ?baca\ juga\ ?:?$ )""",
    re.MULTILINE | re.VERBOSE,
)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8_LEAD = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
# What Indonesian files that are not UTF-8 are written in; a free guess takes “é” for Arabic.
_LEGACY = ["cp1252", "mac_roman", "utf_16_le", "utf_16_be"]


def clean_text(raw: str) -> str:
    """What the article says, without damage and noise; words, quotes and dashes are kept as they are.

    Repairs mojibake, normalises to NFC, removes control and zero-width characters, makes every
    line break "\\n" and every space " ", and drops the listed scraping noise. Paragraphs are
    parted by one or two newlines. Cleaning twice equals cleaning once.
    """
    # A removal can uncover more (a mark inside mojibake, noise behind noise), hence the fixpoint.
    while (cleaned := _without_noise(_repaired(raw))) != raw:
        raw = cleaned
    return cleaned


def clean_line(raw: str) -> str:
    """`clean_text` for a title or a name: one line, single spaces."""
    return " ".join(clean_text(raw).split())


def decode(data: bytes) -> str:
    """Text of a file whose encoding is not declared; never raises.

    Tries a byte order mark, UTF-8 (also with a few broken bytes, which become U+FFFD),
    then charset-normalizer among cp1252, MacRoman and UTF-16, then cp1252.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    text = data.decode("utf-8", "replace")
    if _is_mostly_utf8(data, text):
        return text
    best = charset_normalizer.from_bytes(data, cp_isolation=_LEGACY).best()
    return str(best) if best else data.decode("cp1252", "replace")


def _is_mostly_utf8(data: bytes, text: str) -> bool:
    broken = text.count("\ufffd")
    return broken == 0 or len(_UTF8_LEAD.findall(data)) > 2 * broken


def _repaired(text: str) -> str:
    if not text.isascii():  # ASCII holds no mojibake, and most articles are ASCII
        text = ftfy.fix_text(text, _REPAIR)
    return _INVISIBLE.sub("", _SPACE.sub(" ", _BREAK.sub("\n", text)))


def _without_noise(text: str) -> str:
    lines = _squeezed(text).split("\n")
    kept = "\n".join(line for line in lines if not _NOISE_LINE.fullmatch(line))
    return _squeezed(_NOISE_FUSED.sub(" ", kept))


def _squeezed(text: str) -> str:
    text = re.sub(" {2,}", " ", text)
    text = re.sub(" ?\n ?", "\n", text)
    return re.sub("\n{3,}", "\n\n", text).strip()
