"""Sentences end where a reader of Indonesian says they do, at exact offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Span
from index.sentences import LONGEST, split_sentences

MARKS = '"().!?… \n\t\r\u00a0\u2028\x1c\u200b'

# Text as the splitter meets it: words, marks, abbreviations, odd white space, any character at all.
NEWSLIKE = st.lists(
    st.sampled_from(
        ["dr.", "Jl.", "No.", "Rp.", "B.J.", "14,6", "5.000", "17.30", "“Ya.”", "Ia", "pergi", "🙂", "e\u0301", *MARKS]
    )
    | st.text(max_size=8),
    max_size=80,
).map(" ".join) | st.text(max_size=400)


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Pasien ditangani dr. Budi Santoso di RS Kariadi.", "Ia membaik."],
        ["Kantor itu di Jl. Diponegoro No. 12, Semarang.", "Pintunya terkunci."],
        ["Denda sebesar Rp. 5.000 dikenakan.", "Warga keberatan."],
        ["Kontrak dimenangi PT. Maju Jaya.", "Nilainya kecil."],
        ["Surat itu ditandatangani a.n. Bupati Demak.", "Tanggalnya kosong."],
        ["Menurut Prof. Dr. Ir. H. Slamet, air surut.", "Ia optimistis."],
        ["B.J. Habibie lahir di Parepare.", "Ia insinyur."],
        ["Presiden ke-3, B. J. Habibie, hadir.", "Tamu berdiri."],
        ["Inflasi 14,6 persen.", "Harga naik 5.000 rupiah pada 17.30 WIB.", "Pasar tutup."],
        ["Rapat mulai pukul 17.30.", "Semua hadir."],
        ["Sebanyak 3.200 orang.", "5 orang hilang."],
        ["“Kami pulang.”", "Itu kata Sri."],
        ["“Kapan surut?” tanya warga.", "Tak ada jawaban."],
        ["Benarkah?!", "Ya!", "Sungguh…", "Begitulah."],
        ["Ia berkata, “Ya.” lalu pergi.", "“Baik,” jawabnya."],
        ["(Baca laporan lain.)", "Hujan turun."],
        ["Édouard tiba.", "Édouard pulang."],
    ],
    ids=lambda expected: expected[0][:24],
)
def test_sentence_ends(expected: list[str]) -> None:
    """Abbreviations, initials, decimals and quotes do not end a sentence; real ends do."""
    assert expected == sentences(" ".join(expected))


@pytest.mark.parametrize(("opening", "closing"), [("“", "”"), ('"', '"'), ("'", "'"), ("‘", "’"), ("«", "»")])
def test_a_full_stop_after_a_closing_quote_ends_a_sentence(opening: str, closing: str) -> None:
    """A stop stands outside a quoted word as often as inside."""
    expected = [f"Program itu bernama {opening}Pulih{closing}.", "Warga senang."]
    assert expected == sentences(" ".join(expected))


@pytest.mark.parametrize("word", ["ibu", "itu", "Selasa", "2026", "WIB", "Rp5.000", "KPK", "dua"])
def test_ordinary_last_words_end_a_sentence(word: str) -> None:
    """What is written out is no abbreviation, whatever follows it."""
    expected = [f"Semuanya tentang {word}.", "Lalu hujan."]
    assert expected == sentences(" ".join(expected))


def test_a_lost_space_is_a_sentence_end() -> None:
    """Scraping glues sentences: a lower-case word, a stop, a capitalised word."""
    assert ["Air surut.", "Warga pulang."] == sentences("Air surut.Warga pulang.")


@pytest.mark.parametrize("text", ["Situs detik.com ramai.", "Versi 2.10.3 dirilis.", "Alamat a.b@c.id dipakai."])
def test_stops_inside_names_are_kept(text: str) -> None:
    """A stop with no capitalised word behind it is part of a name."""
    assert [text] == sentences(text)


def test_a_line_break_ends_a_sentence() -> None:
    """A heading without a stop does not run into the paragraph below it."""
    assert ["Kronologi", "Air datang pukul 02.30"] == sentences("Kronologi\n\n  Air datang pukul 02.30  \n")


def test_a_part_of_a_text() -> None:
    """Offsets are into the whole text when only a part of it is split."""
    text = "Satu. Dua. Tiga."
    assert [Span(6, 10)] == split_sentences(text, 6, 10)


def test_nothing_but_white_space_has_no_sentences() -> None:
    assert [] == split_sentences(" \n\t\u00a0\u2003\n")


def test_what_never_ends_is_cut_at_a_space() -> None:
    """A table in one line is cut into pieces of at most LONGEST characters, at a comma or space."""
    text = "data, " * 1_000
    pieces = sentences(text)
    assert text.split() == " ".join(pieces).split()
    assert max(map(len, pieces)) <= LONGEST


@given(NEWSLIKE)
def test_everything_but_white_space_is_covered_once(text: str) -> None:
    """Sentences are in order, do not overlap, are stripped, and leave out only white space."""
    at = 0
    for span in split_sentences(text):
        assert at <= span.start < span.end <= len(text)
        assert "" == text[at : span.start].strip()
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        at = span.end
    assert "" == text[at:].strip()


@given(st.text(alphabet="ab.\u00a0", min_size=1_500, max_size=4_000))
def test_no_sentence_is_longer_than_the_limit(text: str) -> None:
    """Whatever the text, a sentence fits into a screen and into the model's window."""
    assert all(span.end - span.start <= LONGEST for span in split_sentences(text))
