"""What cleaning repairs, what it removes, and what it must never touch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clean import clean_line, clean_text, decode
from tests.effort import effort

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"

PIECES = st.sampled_from(
    [
        *"abÃ©â€œ\u009d'Äé \n\t\r\u200b\u00ad\u0301[]():,.",
        "SCROLL TO CONTINUE WITH CONTENT",
        "ADVERTISEMENT",
        "Baca juga",
        "(Baca juga: Rupiah)",
        "Simak Video 'Rapat':",
        ",loading...",
        "loading...",
        "[Gambas:Video 20detik]",
        "â€œ",
        "\ud83d",
    ]
)


@given(st.text() | st.lists(PIECES).map("".join))
def test_cleaning_twice_equals_cleaning_once(raw: str) -> None:
    """Cleaning is idempotent, for any text and for noise put together in any order."""
    once = clean_text(raw)
    assert once == clean_text(once)


@given(st.lists(st.sampled_from(["Presiden", "“Target", "Sah”", "‘ya’", "2014–2022", "…", "—", "Rp5,5"]), min_size=1))
def test_words_and_typography_survive(words: list[str]) -> None:
    """Words, curly quotes, dashes and ellipses come out exactly as they went in."""
    assert words == clean_text(" ".join(words)).split()


@given(st.text())
def test_the_result_can_be_stored(raw: str) -> None:
    """Whatever came in, what comes out encodes as UTF-8 and holds no control character but newlines."""
    cleaned = clean_text(raw)
    assert cleaned.encode().decode() == cleaned
    assert not [c for c in cleaned if ord(c) < 32 and c != "\n"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("â€œTargetâ€\u009d kata dia", "“Target” kata dia"),
        ("Presiden AntÃ³nio Costa", "Presiden António Costa"),
        ("CafÃ© di Menteng", "Café di Menteng"),
        ("impor â\x80\x94 ekspor", "impor — ekspor"),
        ("\x93kata\x94 dia", "“kata” dia"),
        ("Jose\u0301", "José"),
        ("10³ m²", "10³ m²"),
        ("&amp; tetap", "&amp; tetap"),
        ("ﬁnal", "ﬁnal"),
    ],
)
def test_only_damage_is_repaired(raw: str, expected: str) -> None:
    """Mojibake and split accents are mended; superscripts, entities and ligatures are the author's."""
    assert expected == clean_text(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("anti\u00adperundungan", "antiperundungan"),
        ("\ufeff\u200bSMA\u2060 Negeri\u200e", "SMA Negeri"),
        ("Dewas y'Äéang diusulkan", "Dewas yang diusulkan"),
        ("Rp\u00a05\u202fjuta", "Rp 5 juta"),
        ("satu\x00 \x07dua", "satu dua"),
        ("satu\x1fdua", "satu dua"),
        ("satu\r\ndua\rtiga\u2028empat", "satu\ndua\ntiga\nempat"),
        ("satu  \n\n\n\n  dua\t\ttiga ", "satu\n\ndua tiga"),
        ("👨\u200d👩\u200d👧 keluarga", "👨\u200d👩\u200d👧 keluarga"),
        ("tanda \ud83d rusak", "tanda \ufffd rusak"),
    ],
)
def test_invisible_characters_and_spaces(raw: str, expected: str) -> None:
    """Marks nobody sees go, breaks and spaces become one kind each, an emoji keeps its joiners."""
    assert expected == clean_text(raw)


@pytest.mark.parametrize(
    "line",
    [
        "SCROLL TO CONTINUE WITH CONTENT",
        "SCROLL TO RESUME CONTENT",
        "ADVERTISEMENT",
        "Advertisement",
        "loading...",
        "Rekomendasi Cerita",
        "Baca juga:",
        "BACA JUGA :",
        "Baca Juga",
        "Baca juga: 5 Fakta Layanan Bank Mandiri yang Sempat Error",
        "Simak juga Video 'Menteri LH soal Warga Adat Sangaji Divonis Bui':",
        "Simak Video: Istana Prihatin Wamenaker Noel Kena OTT KPK",
        "Lihat juga Video: Jualan Online Makin Cuan? Selamat, Kini Kena Pajak 0,5%",
        'Tonton juga video "Prabowo soal Korupsi CPO Rp 13 T" di sini:',
        'Tonton juga "KPK Lelang Barang Rampasan Korupsi: Halal atau Haram?" di sini:',
        "Saksikan LiveDetikpagi:",
        "Saksikan Live DetikPagi :",
        "[Gambas:Video 20detik]",
        "Halaman 2 dari 3",
        "Simak video di halaman berikutnya",
        "Lanjut ke halaman berikutnya",
        "Baca selengkapnya di halaman berikutnya....",
    ],
)
def test_a_line_of_noise_is_removed(line: str) -> None:
    """A line that only points elsewhere disappears, and its paragraphs stay apart."""
    assert "Harga beras turun.\nKata dia." == clean_text(f"Harga beras turun.\n{line}\nKata dia.")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("kata dia. SCROLL TO CONTINUE WITH CONTENT Terkait itu", "kata dia. Terkait itu"),
        ("kata dia.ADVERTISEMENTTerkait itu", "kata dia. Terkait itu"),
        ("di Asia. (Baca juga: Bos Pentagon di Asia) AS menarik diri", "di Asia. AS menarik diri"),
        ("sebutnya. (bs),loading...", "sebutnya. (bs)"),
        ('kita," ucapnya,Baca Juga:', 'kita," ucapnya'),
    ],
)
def test_noise_glued_to_a_sentence_is_cut_out(raw: str, expected: str) -> None:
    """A marker inside a paragraph goes and its neighbours stay."""
    assert expected == clean_text(raw)


@pytest.mark.parametrize(
    "text",
    [
        "Simak hasil kepuasan masyarakat terhadap setahun pemerintahan berikut ini:",
        "Simak video berikut. Polisi menangkap pelaku di Bogor.",
        "Baca juga: Sebelum Disiksa Suami, Tiga Setia Gara Rayakan Ulang Tahun Pernikahan,"
        + "Ray Sahetapy yang sudah menikah lagi itu " * 3,
        "Ia juga baca juga: buku itu tebal",
        "Dua pihak (baca: polisi) masuk ke kampus",
        "Diterbitkan pada 5 September 2025",
        "Lihat saja, pemimpin negara ini mengungkapkan kekecewaannya.",
    ],
)
def test_sentences_that_resemble_noise_stay(text: str) -> None:
    """What cannot be told from the article's own words is left alone."""
    assert text.strip() == clean_text(text)


def test_a_title_is_one_line() -> None:
    """A title that was broken over lines is joined."""
    assert "Harga Beras Turun" == clean_line(" Harga\r\nBeras\u00a0Turun\n")


SENTENCE = "Presiden “menolak” usulan itu – kata dia… Café di Jl. René."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16", "utf-16-le", "utf-32"])
def test_decoding_finds_the_encoding(encoding: str) -> None:
    """UTF-8, with or without a mark, and the legacy encodings of Windows and Mac are read."""
    assert SENTENCE == decode(SENTENCE.encode(encoding))


def test_one_broken_byte_does_not_spoil_utf8() -> None:
    """A file cut in the middle of a letter is still read as UTF-8."""
    assert SENTENCE + "\ufffd" == decode(SENTENCE.encode() + b"\xc3")


@given(st.binary())
def test_decoding_never_raises(data: bytes) -> None:
    """Any bytes give some text."""
    assert isinstance(decode(data), str)


def corpus_texts() -> Iterator[str]:
    for name in ("seed.jsonl", "detik.jsonl"):
        if not (CORPUS / name).exists():
            pytest.skip(f"{CORPUS / name} is not there: the articles belong to their publishers")
        with (CORPUS / name).open(encoding="utf-8") as lines:  # not splitlines: texts hold U+0085
            yield from (json.loads(line)["text"] for line in lines)


def test_every_sentence_of_the_corpora_is_in_the_source() -> None:
    """Cleaning real articles only removes: each line left is in the original, up to white space."""
    undamaged = [raw for raw in corpus_texts() if all(c.isascii() or c in "“”‘’–—…" for c in raw)]
    assert len(undamaged) > 900  # the others hold mojibake, whose repair is new on purpose
    for raw in undamaged:
        source = " ".join(raw.split())
        assert [] == [line for line in clean_text(raw).splitlines() if line not in source]


def test_only_noise_lines_leave_the_corpora() -> None:
    """No line of a real article disappears but those that begin as noise does."""
    pointers = ("scroll", "advert", "baca", "simak", "lihat", "tonton", "saksikan", "rekomendasi", "[gambas")
    for raw in corpus_texts():
        kept = set(clean_text(raw).splitlines())
        lost = {line for line in map(clean_line, raw.split("\n")) if line} - kept
        assert [] == [line for line in lost if not line.lower().startswith(pointers)]


def test_a_thousand_articles_are_cleaned_in_seconds() -> None:
    """About half a second for detik's 1,000 articles; ten times that would be a regression."""
    texts = list(corpus_texts())
    assert effort(lambda: [clean_text(text) for text in texts]) < 5


@pytest.mark.parametrize("raw", ["â€œ" * 60_000, "(baca juga:" * 20_000, "simak video " * 20_000, " \n" * 90_000])
def test_hostile_repetition_is_cleaned_in_linear_time(raw: str) -> None:
    """No pattern backtracks over the whole text."""
    assert effort(lambda: clean_text(raw)) < 5
