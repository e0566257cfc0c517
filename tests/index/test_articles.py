"""Files become articles, and whatever is no article says why and stops nothing."""

from __future__ import annotations

import gzip
import importlib
import io
import json
import os
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Rejected, count_bytes, read_sources
from index.formats import READERS
from index.records import Article

WIB = timezone(timedelta(hours=7))
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
BODY = "Presiden menegaskan harga beras tetap terkendali di seluruh provinsi pekan ini."


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_one(path: Path) -> Article:
    [article] = read_sources([path])
    assert isinstance(article, Article), article
    return article


def rejected(path: Path | str, stdin: bytes | None = None) -> Rejected:
    [item] = read_sources([path], stdin if stdin is None else io.BytesIO(stdin))
    assert isinstance(item, Rejected), item
    return item


def json_line(**fields: object) -> str:
    return json.dumps({"text": BODY, **fields}, ensure_ascii=False) + "\n"


def only(line: str, tmp_path: Path) -> Article:
    return read_one(written(tmp_path / "x.jsonl", line))


# -- records ---------------------------------------------------------------------------------


FULL = {
    "id": "koran-1",
    "title": "Harga Beras “Turun”",
    "url": "https://koran.example.com/a/1",
    "source": "Koran Kami",
    "published": "2025-10-21T20:43:00+07:00",
    "section": "Ekonomi",
    "author": "Siti Rahma",
    "text": BODY,
}
ARTICLE = Article(
    id="koran-1",
    title="Harga Beras “Turun”",
    text=BODY,
    outlet="Koran Kami",
    published=datetime(2025, 10, 21, 20, 43, tzinfo=WIB),
    url="https://koran.example.com/a/1",
    author="Siti Rahma",
    section="Ekonomi",
)


def test_a_json_line_is_an_article(tmp_path: Path) -> None:
    """Every field of the record format arrives."""
    assert ARTICLE == only(json_line(**FULL), tmp_path)


def test_other_names_of_the_fields_are_understood(tmp_path: Path) -> None:
    """`outlet`, `date` and `category` are taken for `source`, `published` and `section`."""
    names = {"source": "outlet", "published": "date", "section": "category"}
    assert ARTICLE == only(json_line(**{names.get(key, key): value for key, value in FULL.items()}), tmp_path)


def test_gzipped_lines_equal_plain_lines(tmp_path: Path) -> None:
    """A .jsonl.gz yields what its .jsonl does."""
    lines = "".join(json_line(id=n, title=f"Judul {n}") for n in range(50))
    plain = list(read_sources([written(tmp_path / "x.jsonl", lines)]))
    packed = list(read_sources([written(tmp_path / "x.jsonl.gz", gzip.compress(lines.encode()))]))
    assert plain == packed
    assert [str(n) for n in range(50)] == [article.id for article in plain if isinstance(article, Article)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_has_the_same_columns(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Commas, semicolons or tabs; with or without a mark; quoted cells may hold line breaks."""
    cells = [f'"{value}"' for value in {**FULL, "text": "Harga beras.\nTurun di tiga provinsi."}.values()]
    table = delimiter.join(FULL) + "\r\n" + delimiter.join(cells) + "\r\n"
    article = read_one(written(tmp_path / "x.csv", table.encode(encoding)))
    assert (ARTICLE.id, ARTICLE.title, ARTICLE.published) == (article.id, article.title, article.published)
    assert "Harga beras.\nTurun di tiga provinsi." == article.text


def test_a_long_article_fits_a_csv_cell(tmp_path: Path) -> None:
    """An article longer than csv's own limit of 131,072 characters is read."""
    text = "Harga beras turun. " * 10_000
    assert text.strip() == read_one(written(tmp_path / "x.csv", f"id,text\n1,{text}\n")).text


@given(
    title=st.sampled_from(["Harga Beras “Turun”", "10³ m² & <b>", "Judul"]),
    text=st.text(alphabet="abcXYZ 0123.,“”é–", min_size=30).map(lambda text: f"Awal {text}"),
    outlet=st.none() | st.sampled_from(["Koran Kami", "kompas.com"]),
    published=st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1), timezones=st.just(WIB)),
    author=st.none() | st.just("Siti Rahma"),
)
def test_articles_round_trip(
    title: str, text: str, outlet: str | None, published: datetime | None, author: str | None
) -> None:
    """An article written as a JSON line is read back equal."""
    record = {"id": "a", "title": title, "text": text, "source": outlet, "author": author}
    record["published"] = published.isoformat() if published else None
    with tempfile.TemporaryDirectory() as folder:
        first = read_one(written(Path(folder, "x.jsonl"), json.dumps(record)))
        again: dict[str, object] = {
            "id": first.id,
            "title": first.title,
            "text": first.text,
            "source": first.outlet,
        }
        again |= {"author": first.author, "published": first.published and first.published.isoformat()}
        second = read_one(written(Path(folder, "y.jsonl"), json.dumps(again)))
    assert (title, outlet, published, author) == (first.title, first.outlet, first.published, first.author)
    assert first == second


# -- one bad record never stops the rest -----------------------------------------------------


BAD_LINES = [
    ("not json", "not JSON"),
    ("[1, 2]", "a list; expected a JSON object"),
    ("null", "expected a JSON object"),
    ("[" * 100_000, "not JSON"),
    ('{"id": ' + "9" * 5_000 + "}", "not JSON"),
    ("{}", "`text` is missing"),
    (json.dumps({"text": 5}), "`text` is a number"),
    (json.dumps({"text": ""}), "0 characters of text"),
    (json.dumps({"text": "Pendek."}), "7 characters of text"),
    (json.dumps({"text": "1234 5678 " * 10}), "with letters"),
    (json.dumps({"text": "\u0000\u200b" * 40}), "0 characters of text"),
    (json.dumps({"text": "SCROLL TO CONTINUE WITH CONTENT"}), "0 characters of text"),
    (json.dumps({"text": "a " * 1_000_001}), "expected at most 2,000,000"),
    (json.dumps({"text": BODY, "id": "x" * 201}), "`id` of 201 characters"),
    (json.dumps({"text": BODY, "id": "a\nb"}), "control characters"),
    (json.dumps({"text": BODY, "id": "a\ud800"}), "control characters"),
    (json.dumps({"text": BODY, "id": True}), "`id` is true or false"),
    (json.dumps({"text": BODY, "id": [1]}), "`id` is a list"),
]


@pytest.mark.parametrize(
    ("line", "reason"), BAD_LINES, ids=[f"{reason}-{n}" for n, (_, reason) in enumerate(BAD_LINES)]
)
def test_a_bad_line_says_why_and_the_next_is_read(tmp_path: Path, line: str, reason: str) -> None:
    """The line's number and a one-line reason are given, and the good line after it is an article."""
    bad, good = read_sources([written(tmp_path / "x.jsonl", f"{line}\n{json_line(id=2)}")])
    assert isinstance(bad, Rejected)
    assert bad.where.endswith("x.jsonl:1")
    assert reason in bad.reason
    assert "\n" not in bad.reason
    assert isinstance(good, Article)


def test_a_line_that_is_not_utf8_is_rejected(tmp_path: Path) -> None:
    """JSON is UTF-8: a guess could change what the article says."""
    lines = '{"text": "Café"}\n'.encode("cp1252") + json_line().encode()
    bad, good = read_sources([written(tmp_path / "x.jsonl", lines)])
    assert isinstance(bad, Rejected)
    assert "not UTF-8 at byte 13" in bad.reason
    assert isinstance(good, Article)


def test_a_truncated_gzip_gives_what_came_before(tmp_path: Path) -> None:
    """The records before the break are articles, then one rejection names the file."""
    noise = [os.urandom(400).hex() for _ in range(200)]
    packed = gzip.compress("".join(json_line(id=n, section=noise[n]) for n in range(200)).encode())
    *articles, last = read_sources([written(tmp_path / "x.jsonl.gz", packed[: len(packed) // 2])])
    assert len(articles) > 50
    assert isinstance(last, Rejected)
    assert "broken gzip data" in last.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.txt", b"", "0 characters of text"),
        ("x.md", b"", "0 characters of text"),
        ("x.html", b"", "HTML"),
        ("x.jsonl", b"", "an empty file"),
        ("x.jsonl", b"\n\n", "an empty file"),
        ("x.csv", b"", "expected one named 'text'"),
        ("x.csv", b"judul,isi\na,b\n", "judul, isi"),
        ("x.jsonl.gz", b"not gzip", "broken gzip data"),
        ("x.jsonl", json_line().encode("utf-16"), "UTF-16"),
        ("x.txt", bytes(range(256)) * 8, "binary data"),
        ("x.txt", b"\x00" * 4_000, "binary data"),
        ("x.txt", b"a " * 1_000_001, "expected at most 2,000,000"),
        ("x.md", b"---\ntitle: [a\n---\n" + BODY.encode(), "front matter is not YAML"),
        ("x.md", b'---\ntitle: "\\UFFFFFFFF"\n---\n' + BODY.encode(), "front matter is not YAML"),
        ("x.md", b"---\na: " + b"[" * 9_000 + b"\n---\n" + BODY.encode(), "front matter is not YAML"),
        ("x.pdf", b"%PDF", "a file ending in '.pdf'; expected .txt, .md"),
        ("README", b"teks", "a file ending in ''"),
    ],
)
def test_a_bad_file_says_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """Empty, binary, oversized, damaged and unknown files are rejected with what to do."""
    item = rejected(written(tmp_path / name, content))
    assert reason in item.reason
    assert "\n" not in item.reason


def test_paths_that_lead_nowhere_are_rejected(tmp_path: Path) -> None:
    """Missing files, broken links, link loops, pipes and impossible names are all told apart."""
    (tmp_path / "broken.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    names = ["gone.txt", "broken.txt", "loop.txt", "pipe.txt", "a\0b.txt", "x" * 300 + ".txt", "\udc80.txt"]
    reasons = [rejected(tmp_path / name).reason for name in names]
    expected = [
        "No such file",
        "No such file",
        "symbolic links",
        "neither a file",
        "cannot exist",
        "too long",
        "No such",
    ]
    assert [] == [(want, got) for want, got in zip(expected, reasons, strict=True) if want not in got]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_rejected(tmp_path: Path) -> None:
    """A closed folder is one rejection, and its neighbours are read."""
    written(tmp_path / "a.txt", BODY)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    article, item = read_sources([tmp_path])
    assert isinstance(article, Article)
    assert isinstance(item, Rejected)
    assert item.where.endswith("closed")


SUFFIXES = st.sampled_from(sorted(READERS))
FRAGMENTS = st.sampled_from(
    [
        b"---\n",
        b"title: ",
        b"# ",
        b"<html>",
        b"<p>",
        b"{",
        b'"text": ',
        b'"',
        b",",
        b"\n",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1f\x8b\x08",
        b"text",
        b"](",
        b"**",
        b"\x00",
        b"\xc3",
        BODY.encode(),
    ]
)


@settings(max_examples=300)
@given(
    suffix=SUFFIXES,
    content=st.binary() | st.lists(FRAGMENTS, max_size=30).map(b"".join),
    packed=st.booleans(),
)
def test_arbitrary_bytes_never_raise(suffix: str, content: bytes, packed: bool) -> None:
    """Any bytes under any suffix, and on standard input, give articles and rejections, nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder, f"x{suffix}"), gzip.compress(content) if packed else content)
        items = [*read_sources([path]), *read_sources(["-"], io.BytesIO(content))]
    assert [] == [item for item in items if not isinstance(item, Article | Rejected)]
    for item in items:
        if isinstance(item, Article):
            assert all((item.id, item.title, item.fingerprint, item.text_hash))


# -- folders, streams, progress --------------------------------------------------------------


def test_folders_are_read_in_sorted_order(tmp_path: Path) -> None:
    """Deeply, hidden and unknown files left out, linked folders not followed, a loop harmless."""
    for name in ("b.txt", "a.txt", "sub/deep/c.md", ".hidden.txt", ".git/d.txt", "photo.jpg", "E.TXT"):
        written(tmp_path / name, f"Berkas {name}: {BODY}")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    stems = [item.id.rsplit("-", 1)[0] for item in read_sources([tmp_path]) if isinstance(item, Article)]
    assert ["e", "a", "b", "c"] == stems


def test_a_broken_link_in_a_folder_stops_nothing(tmp_path: Path) -> None:
    """The link is rejected by name and the next file is read."""
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")
    written(tmp_path / "b.txt", BODY)
    item, article = read_sources([tmp_path])
    assert isinstance(item, Rejected)
    assert item.where == (tmp_path / "a.txt").as_posix()
    assert isinstance(article, Article)


def test_lines_are_streamed(tmp_path: Path) -> None:
    """The first article is there before the end of the file was looked at."""
    packed = gzip.compress("".join(json_line(id=n, section=os.urandom(99).hex()) for n in range(9_000)).encode())
    seen: list[int] = []
    path = written(tmp_path / "x.jsonl.gz", packed)
    next(read_sources([path], on_bytes=seen.append))
    assert 0 < sum(seen) < len(packed) / 2


def test_reported_bytes_add_up_to_the_total(tmp_path: Path) -> None:
    """A progress bar ends at 100 %, rejected files included; standard input has no total."""
    written(tmp_path / "x.jsonl.gz", gzip.compress(json_line().encode() * 20))
    written(tmp_path / "a.jsonl", json_line() + "bad\n")
    written(tmp_path / "b.txt", b"\x00" * 999)
    seen: list[int] = []
    assert len(list(read_sources([tmp_path], on_bytes=seen.append))) == 23
    assert count_bytes([tmp_path]) == sum(seen) > 0
    assert count_bytes([tmp_path, "-"]) is None


@pytest.mark.parametrize(
    ("stdin", "title"),
    [
        (f"Harga Beras Turun\n\n{BODY}", "Harga Beras Turun"),
        ("\ufeff \n" + json_line(title="Judul Baris"), "Judul Baris"),
    ],
)
def test_standard_input_is_told_apart_by_its_start(stdin: str, title: str) -> None:
    """JSON lines start with a brace; anything else that is not HTML is a bare article."""
    [article] = read_sources(["-"], io.BytesIO(stdin.encode()))
    assert isinstance(article, Article)
    assert title == article.title


def test_standard_input_problems_are_rejections() -> None:
    """No stream, an empty one and a bad line are told with "-" as the place."""
    assert "no standard input" in rejected("-").reason
    assert rejected("-", b"") == Rejected("-", rejected("-", b" \n").reason)
    bad, _ = read_sources(["-"], io.BytesIO(f"{{bad\n{json_line()}".encode()))
    assert isinstance(bad, Rejected)
    assert "-:1" == bad.where


# -- identity --------------------------------------------------------------------------------


def ids(*sources: Path) -> list[str]:
    return [item.id for item in read_sources(sources) if isinstance(item, Article)]


def test_reading_twice_gives_the_same_ids(tmp_path: Path) -> None:
    """Without an id in the record, a derived one is stable and differs between articles."""
    written(tmp_path / "a/artikel.txt", BODY)
    written(tmp_path / "b/artikel.txt", BODY)
    written(tmp_path / "x.jsonl", json_line(title="Satu") + json_line(title="Dua"))
    first = ids(tmp_path)
    assert first == ids(tmp_path)
    assert len(set(first)) == 4


def test_an_edited_file_keeps_its_id(tmp_path: Path) -> None:
    """The id of a document is its place, so that a correction replaces it."""
    before = read_one(written(tmp_path / "Harga Beras!.txt", BODY)).id
    assert before == read_one(written(tmp_path / "Harga Beras!.txt", BODY + " Ralat.")).id
    assert before.startswith("harga-beras-")


def test_a_url_identifies_an_article_wherever_it_lies(tmp_path: Path) -> None:
    """Two records with one URL in the same-named file are one article; the title does not matter."""
    url = "https://koran.example.com/a/1"
    a = read_one(written(tmp_path / "a/x.jsonl", json_line(url=url, title="Judul Lama")))
    b = read_one(written(tmp_path / "b/x.jsonl", json_line(url=url, title="Judul Baru")))
    assert a.id == b.id


@pytest.mark.parametrize(("given_id", "expected"), [(7, "7"), (" koran 7 ", "koran 7")])
def test_a_given_id_is_kept(tmp_path: Path, given_id: object, expected: str) -> None:
    """Strings and integers serve as ids, without the spaces around them."""
    assert expected == only(json_line(id=given_id), tmp_path).id


# -- what the text says, where the record does not -------------------------------------------


@pytest.mark.parametrize(
    ("start", "outlet"),
    [
        ("JAKARTA, KOMPAS.com - ", "KOMPAS.com"),
        ("Liputan6.com, Jakarta - ", "Liputan6.com"),
        ("TEMPO.CO, Labuan Bajo – ", "TEMPO.CO"),
        ("Jakarta, CNN Indonesia -- ", "CNN Indonesia"),
        ("Jakarta (ANTARA) - ", "ANTARA"),
        ("JAKARTA - ", None),
        ("PARIS, 5 September 2025 – ", None),
        ("", None),
    ],
)
def test_a_dateline_names_the_outlet(tmp_path: Path, start: str, outlet: str | None) -> None:
    """The outlet is read from the dateline, which stays in the text and out of the title."""
    article = only(json_line(text=start + BODY), tmp_path)
    assert (outlet, start + BODY) == (article.outlet, article.text)
    if outlet != "ANTARA":
        assert BODY == article.title


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("Penulis: Siti Rahma", "Siti Rahma"),
        ("Reporter : Budi Santoso, Editor: Ani", "Budi Santoso"),
        ("Oleh: drg. Muhamad Ihsan", "drg. Muhamad Ihsan"),
        ("Oleh karena itu: harga naik", None),
        ("Penulis:", None),
    ],
)
def test_a_line_names_the_author(tmp_path: Path, line: str, author: str | None) -> None:
    """The author's line is metadata too, and stays as published."""
    article = only(json_line(text=f"{BODY}\n{line}"), tmp_path)
    assert author == article.author
    assert article.text.endswith(line)


def test_given_fields_win_over_the_text(tmp_path: Path) -> None:
    """What the record says is not replaced by what the text says."""
    text = f"JAKARTA, KOMPAS.com - {BODY}\nPenulis: Siti Rahma\nDiterbitkan pada 5 September 2025"
    given = only(json_line(text=text, source="Koran", author="Budi", published="2024-01-01", title="T"), tmp_path)
    assert ("T", "Koran", "Budi", 2024) == (
        given.title,
        given.outlet,
        given.author,
        given.published and given.published.year,
    )
    inferred = only(json_line(text=text, published=None), tmp_path)
    assert datetime(2025, 9, 5, tzinfo=WIB) == inferred.published


@pytest.mark.parametrize("published", ["kemarin", 20250905, ["2025"], {"a": 1}, True])
def test_an_unreadable_date_costs_the_date_only(tmp_path: Path, published: object) -> None:
    """The article is kept, without a date: neither guessed from the text nor from the file."""
    text = f"{BODY}\nDiterbitkan pada 5 September 2025"
    assert only(json_line(text=text, published=published), tmp_path).published is None


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "koran.com/a", "https://a b", "https://a\nb", 5, "https://\ud800"]
)
def test_only_web_addresses_are_urls(tmp_path: Path, url: object) -> None:
    """A URL is shown as a link, so anything else is dropped."""
    assert only(json.dumps({"text": BODY, "url": url}), tmp_path).url is None


# -- bare text, Markdown, HTML ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        (f"Harga Beras Turun di Tiga Provinsi\n\n{BODY}", "Harga Beras Turun di Tiga Provinsi", BODY),
        (f"Diterbitkan pada 5 September 2025\n{BODY}", BODY, f"Diterbitkan pada 5 September 2025\n{BODY}"),
        (f"PARIS, 5 September 2025 – {BODY}", BODY, f"PARIS, 5 September 2025 – {BODY}"),
        (f"{BODY} Kata dia.", BODY, f"{BODY} Kata dia."),
    ],
)
def test_a_bare_article_has_a_title(tmp_path: Path, content: str, title: str, text: str) -> None:
    """A short first line is the title; else the first sentence, past dates and places, is."""
    article = read_one(written(tmp_path / "x.txt", content))
    assert (title, text) == (article.title, article.text)


def test_a_long_first_sentence_is_cut_at_a_word(tmp_path: Path) -> None:
    """A title has at most 120 characters and ends after a whole word."""
    title = read_one(written(tmp_path / "x.txt", "beras " * 60)).title
    assert " ".join(["beras"] * 19) + " beras…" == title


def test_a_cp1252_file_is_read(tmp_path: Path) -> None:
    """Curly quotes of an old Windows file arrive as such."""
    text = "“Kami menolak usulan itu – tegas,” kata Presiden di Café René…"
    assert text == read_one(written(tmp_path / "x.txt", text.encode("cp1252"))).text


MARKDOWN = """---
id: "007"
title: 'Harga: Beras Turun'
outlet: Koran Kami
author: [Siti Rahma, Budi]
date: 2025-10-21 20:43
category: Ekonomi
url: https://koran.example.com/a/1
tags: [a, b]
section: null
---

# Harga: Beras Turun

Harga **beras** turun di [tiga provinsi](https://x.example.com/a_(b)), kata *juru bicara*
pemerintah pada pekan ini. Nilai 2*3*4 dan nama_berkas_ini tetap.

## Penyebab

> “Stok [dan] harga terkendali,” ujarnya.

- beras\\*
"""


def test_markdown_is_reduced_to_text(tmp_path: Path) -> None:
    """Front matter gives the fields; emphasis, links and heading marks go, words stay."""
    article = read_one(written(tmp_path / "x.md", MARKDOWN))
    assert article == Article(
        id="007",
        title="Harga: Beras Turun",
        text="Harga beras turun di tiga provinsi, kata juru bicara pemerintah pada pekan ini. "
        "Nilai 2*3*4 dan nama_berkas_ini tetap.\n\n"
        "Penyebab\n\n“Stok [dan] harga terkendali,” ujarnya.\n\n- beras*",
        outlet="Koran Kami",
        published=datetime(2025, 10, 21, 20, 43, tzinfo=WIB),
        url="https://koran.example.com/a/1",
        author="Siti Rahma, Budi",
        section="Ekonomi",
    )


@pytest.mark.parametrize("content", [f"# Harga Beras Turun\n\n{BODY}", f"Harga Beras Turun\n\n{BODY}"])
def test_markdown_without_front_matter_has_a_title(tmp_path: Path, content: str) -> None:
    """A first heading is the title, and so is a short first line."""
    article = read_one(written(tmp_path / "x.md", content))
    assert ("Harga Beras Turun", BODY) == (article.title, article.text)


def test_an_impossible_front_matter_date_costs_the_date_only(tmp_path: Path) -> None:
    """YAML would refuse 31 February; the article is kept."""
    article = read_one(written(tmp_path / "x.md", f"---\ntitle: Harga Beras\ndate: 2025-02-31\n---\n{BODY}"))
    assert ("Harga Beras", None) == (article.title, article.published)


def test_html_without_trafilatura_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is a rejection that names the command."""
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    assert "pip install trafilatura" in rejected(written(tmp_path / "x.html", "<html></html>")).reason


def trafilatura_works() -> bool:
    try:
        importlib.import_module("trafilatura")
    except ImportError:  # also where it is installed without lxml_html_clean, which its justext needs
        return False
    return True


needs_trafilatura = pytest.mark.skipif(not trafilatura_works(), reason="trafilatura cannot be imported here")

PARAGRAPHS = "".join(
    f"<p>Paragraf {n}: {BODY} Juru bicara menyebut stok di gudang nomor {n} cukup sampai akhir tahun.</p>"
    for n in range(6)
)
STAMP = '<meta property="article:published_time" content="2025-10-21T20:43:00+07:00">'
JSON_LD = '<script type="application/ld+json">{"datePublished": "2025-10-21T20:43:00+07:00"}</script>'


def page(*head: str) -> str:
    return f"""<!DOCTYPE html><html lang="id"><head><title>Harga Beras Turun - Koran Kami</title>
    <link rel="canonical" href="https://koran.example.com/a/1">
    <meta property="og:site_name" content="Koran Kami"><meta name="author" content="Siti Rahma">
    <meta property="og:title" content="Harga Beras Turun">{"".join(head)}
    </head><body><nav><a href="/">Beranda</a> <a href="/ekonomi">Ekonomi</a></nav>
    <article><h1>Harga Beras Turun</h1>{PARAGRAPHS}</article>
    <footer>Hak Cipta Koran Kami</footer></body></html>"""


@needs_trafilatura
@pytest.mark.parametrize("stamps", [(STAMP,), (JSON_LD, '<meta itemprop="datePublished" content="2025-10-21">')])
def test_html_is_reduced_to_its_article(tmp_path: Path, stamps: tuple[str, ...]) -> None:
    """Body without menu and footer; title, outlet, author, URL and the full time from the metadata."""
    article = read_one(written(tmp_path / "x.html", page(*stamps)))
    assert ("Harga Beras Turun", "Koran Kami", "Siti Rahma") == (
        article.title,
        article.outlet,
        article.author,
    )
    assert "https://koran.example.com/a/1" == article.url
    assert datetime(2025, 10, 21, 20, 43, tzinfo=WIB) == article.published
    assert article.text.startswith("Paragraf 0: ")
    assert article.text.endswith("gudang nomor 5 cukup sampai akhir tahun.")


@needs_trafilatura
def test_html_on_standard_input_is_recognised() -> None:
    """A page may be piped in."""
    [article] = read_sources(["-"], io.BytesIO(page().encode()))
    assert isinstance(article, Article)
    assert ("Harga Beras Turun", None) == (article.title, article.published)


# -- the real corpora ------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), [("seed.jsonl", 2), ("detik.jsonl", 1000), ("click-id.jsonl.gz", 21951)])
def test_every_record_of_the_corpora_is_an_article(name: str, count: int) -> None:
    """Nothing real is rejected, and every id, outlet and date is the record's own."""
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the articles belong to their publishers")
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).split(b"\n")
    records = [json.loads(line) for line in lines if line]
    articles = [item for item in read_sources([path]) if isinstance(item, Article)]
    assert count == len(articles)
    own = [(r["id"], r["source"], r["published"]) for r in records]
    assert own == [(a.id, a.outlet, a.published and a.published.isoformat()) for a in articles]
