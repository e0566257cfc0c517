"""File formats to the fields of records, and what a text says of itself: title, outlet, author."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

import yaml

from index.clean import clean_line, clean_text, decode
from index.dates import find_published, parse_date
from index.errors import SourceError

Fields = Mapping[str, object]
# Where in its file a record stands (":17", or "" for the file), and its fields or what is wrong.
Found = tuple[str, Fields | SourceError]

MAX_CHARACTERS = 2_000_000  # of one article
_MAX_BYTES = 16_000_000  # of one document or one JSON line
_MAX_TABLE = 256_000_000  # bytes of one CSV file, which is read whole
_MAX_CELL = 4_000_000  # characters; csv's default cuts articles at 131,072
_MAX_NOISE = 0.05  # share of control and broken characters above which a file is not text
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_BLANK = codecs.BOM_UTF8 + b" \t\r\n"
_HTML = re.compile(rb"(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)

_SHORTEST_HEADLINE, _TITLE_LENGTH = 15, 120
_HEAD = 600  # characters in which an article names its outlet

_DASH = "[-\u2013\u2014]{1,2}"
_PLACE = r"[^\W\d_][\w .'/-]{1,40}"
_SITE = r"[a-z][\w-]{1,30}\.(?:com|co\.id|co|id|net|tv|news)|CN(?:N|BC)\ Indonesia"
_OUTLET = re.compile(  # "JAKARTA, KOMPAS.com - ", "Liputan6.com, Jakarta - ", "Jakarta (ANTARA) - "
    rf"^(?:(?:{_PLACE},\ ?)?(?P<site>{_SITE})(?:,\ ?{_PLACE})?"
    rf"|{_PLACE}?\ \((?P<agency>(?-i:[A-Z]{{3,20}}))\))\ ?{_DASH}\ ",
    re.IGNORECASE | re.MULTILINE,
)
_AUTHOR = re.compile(
    r"^(?:penulis|reporter|pewarta|oleh) ?: ?(?P<author>[^\W\d_][^\n,|/(]{1,60}?) ?(?:[,|/(]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_DATELINE = re.compile(
    rf"^(?:[A-Z][A-Z .'-]+(?:[,(][^\n]{{1,50}}?)?|(?:{_PLACE},\ )?(?i:{_SITE})(?:,\ ?{_PLACE})?)\ ?{_DASH}\ "
)
_SENTENCE = re.compile("[^\n]{20,}?[.!?][\"'\u201d\u2019]?(?= |$)", re.MULTILINE)

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.{0,20000}?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*# +(?P<title>[^\n]+)")
_MARKUP = [
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"<!--(?:[^-]|-(?!->)){0,300}-->", ""),
        (r"^ {0,3}(?:```|~~~)[^\n]*$", ""),
        (r"^ {0,3}(?:[-*_] *){3,}$", ""),
        (r"^ {0,3}\[[^\]\n]{1,80}\]: *\S+[^\n]*$", ""),
        (r"^ {0,3}#{1,6} +(?=\S)", ""),
        (r"^ {0,3}(?:> ?)+", ""),
        (r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,2000}(?:\([^()\s]*\)[^()\s]*)?(?: +\"[^\"\n]*\")?\)", r"\1"),
        (r"<(https?://[^<>\s]+)>", r"\1"),
        (r"(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1", r"\2"),
        (r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,500})(?<=\S)\*(?![\w*])", r"\1"),
        (r"(?<![\w_\\])_(?=[^\s_])([^_\n]{1,500})(?<=\S)_(?![\w_])", r"\1"),
        (r"`([^`\n]{1,500})`", r"\1"),
        (r"\\([\\`*_{}\[\]()#+.!>~|-])", r"\1"),
        # A line cut by hand: under 120 characters, no sentence ends, the next begins small.
        (r"(?<=[^\s.!?:;\"\u201d]{2})(?<![^\n]{120})\n(?=[a-z])", " "),
    )
]

_EXTRACTION: Mapping[str, Any] = {
    "with_metadata": True,
    "include_comments": False,
    # Only what the page declares: a date found somewhere in the text is the text's affair.
    "date_extraction_params": {"extensive_search": False, "original_date": True},
}
_STAMPS = (
    "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='publishdate'"
    " or @name='content_PublishedDate' or @name='pubdate']/@content"
    " | //time[@itemprop='datePublished' or @pubdate]/@datetime"
)
_STAMP_IN_JSON = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')


def text_fields(raw: str) -> Fields:
    """Fields of a bare article; a short first line that ends no sentence is its title."""
    text = clean_text(_bounded(raw))
    first, _, rest = text.partition("\n")
    return {"title": first, "text": rest} if rest.strip() and _is_headline(first) else {"text": text}


def markdown_fields(raw: str) -> Fields:
    """Fields of a Markdown article: YAML front matter, a first "# heading" as title, plain text.

    Raises:
        SourceError: the front matter is not YAML.
    """
    given, body = _front_matter(re.sub("\r\n?", "\n", _bounded(raw)))
    heading = _HEADING.match(body)
    if heading is None and "title" in given:
        return {"text": _plain(body), **given}
    if heading is None:
        return {**text_fields(_plain(body)), **given}
    title = _plain(heading["title"]).rstrip(" #")
    if given.get("title", title) == title:
        body = body[heading.end() :]
    return {"title": title, "text": _plain(body), **given}


def html_fields(raw: str) -> Fields:
    """Fields of a web page: the article without its boilerplate, and what its metadata say.

    Raises:
        SourceError: no article was found in it, or trafilatura is not installed.
    """
    try:
        import trafilatura  # a quarter of a second that only HTML needs
    except ImportError as error:
        raise SourceError(
            f"HTML needs trafilatura ({clean_line(str(error))}); run: pip install trafilatura 'lxml[html_clean]'"
        ) from error
    try:
        tree = trafilatura.load_html(raw)
        stamp = _stamp(tree) if tree is not None else None
        page = trafilatura.bare_extraction(tree, **_EXTRACTION) if tree is not None else None
    except Exception as error:  # trafilatura and lxml promise no exception types
        raise SourceError(f"HTML that cannot be parsed ({type(error).__name__}); save the page again") from error
    if page is None or isinstance(page, dict) or not page.text:
        raise SourceError("no article body was found in the HTML; save it as .txt or .md instead")
    return {
        "title": page.title,
        "text": page.text.removeprefix(f"{page.title}\n"),
        "outlet": page.sitename,
        "author": page.author,
        "published": stamp or page.date,
        "url": page.url,
        "section": next(iter(page.categories or []), None),
    }


def find_title(text: str) -> str:
    """A title for a text that has none: its headline, else its first sentence, at most 120 characters."""
    lines = [line for line in text.splitlines() if line.strip()]
    body = [line for line in lines if not _is_byline(line)] or lines
    if len(body) > 1 and _is_headline(body[0]):
        return body[0]
    line = _DATELINE.sub("", body[0]) or body[0]
    sentence = _SENTENCE.match(line)
    return _shortened(sentence[0] if sentence else line)


def find_outlet(text: str) -> str | None:
    """The outlet a dateline names ("JAKARTA, KOMPAS.com - "), or None."""
    match = _OUTLET.search(text[:_HEAD])
    return match and (match["site"] or match["agency"])


def find_author(text: str) -> str | None:
    """The author a line names ("Penulis: Siti Rahma"), or None."""
    match = _AUTHOR.search(text)
    return match and match["author"]


def _is_headline(line: str) -> bool:
    is_title = _SHORTEST_HEADLINE <= len(line) <= _TITLE_LENGTH and any(map(str.isalpha, line))
    ends = line.rstrip("\"'\u201d\u2019").endswith((".", ",", ":", ";"))
    return is_title and not ends and not _is_byline(line) and not find_outlet(line)


def _is_byline(line: str) -> bool:
    return len(line) <= _TITLE_LENGTH and bool(find_author(line) or find_published(line))


def _shortened(line: str) -> str:
    if " " not in line[:_TITLE_LENGTH]:
        return line[:_TITLE_LENGTH]
    return textwrap.shorten(line, _TITLE_LENGTH, placeholder="…")


def _front_matter(raw: str) -> tuple[dict[str, object], str]:
    match = _FRONT_MATTER.match(raw)
    if match is None:
        return {}, raw
    try:
        # BaseLoader builds no objects: an id "007" stays a string, a wrong date does no harm.
        given = yaml.load(match["yaml"], Loader=yaml.BaseLoader)
    except Exception as error:  # beside YAMLError it lets ValueError, OverflowError, ... through
        reason = clean_line(str(error))[:_TITLE_LENGTH]
        raise SourceError(f"front matter is not YAML ({reason}); quote values that hold ': '") from error
    if not isinstance(given, dict):
        return {}, raw
    present = {key: value for key, value in given.items() if value not in ("", "null", "~")}
    return present, raw[match.end() :]


def _bounded(raw: str) -> str:
    if len(raw) > MAX_CHARACTERS:
        raise SourceError(f"{len(raw):,} characters; expected at most {MAX_CHARACTERS:,}; split it")
    return raw


def _plain(markdown: str) -> str:
    for pattern, replacement in _MARKUP:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


def _stamp(tree: Any) -> str | None:
    """The fullest publication time in the page's metadata: one with a clock before a bare date."""
    scripts = tree.xpath("//script[@type='application/ld+json']/text()")
    found = [*tree.xpath(_STAMPS), *_STAMP_IN_JSON.findall("\n".join(scripts))]
    stamps = [stamp for stamp in found if parse_date(stamp)]
    return next((stamp for stamp in stamps if ":" in stamp), next(iter(stamps), None))


def sniffed_records(stdin: BinaryIO) -> Iterator[Found]:
    """Records of a stream without a name: JSON lines, HTML or a bare article, by how it starts.

    Raises:
        SourceError: nothing further can be read from it.
    """
    head = b""
    while not head.strip(_BLANK) and len(head) < _MAX_BYTES and (line := stdin.readline(_MAX_BYTES)):
        head += line
    if head.lstrip(_BLANK).startswith(b"{"):
        return _json_records(chain(head.splitlines(keepends=True), _lines(stdin)))
    data = head + stdin.read(_MAX_BYTES)
    return _document(io.BytesIO(data), html_fields if _HTML.match(data.lstrip(_BLANK)) else text_fields)


def _document(file: BinaryIO, parse: Callable[[str], Fields]) -> Iterator[Found]:
    data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise SourceError(f"more than {_MAX_BYTES:,} bytes; expected one article; split it")
    raw = decode(data)
    if len(_NOT_TEXT.findall(raw)) > _MAX_NOISE * len(raw):
        raise SourceError("binary data; expected text; convert it")
    yield "", parse(raw)


def _json_file(file: BinaryIO) -> Iterator[Found]:
    return _json_records(_lines(file))


def _gzipped_json_file(file: BinaryIO) -> Iterator[Found]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        yield from _json_records(_lines(unpacked))


def _lines(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """Lines of at most `_MAX_BYTES`; what a longer one holds beyond that is skipped."""
    while line := file.readline(_MAX_BYTES):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_MAX_BYTES)
        yield line


def _json_records(lines: Iterable[bytes]) -> Iterator[Found]:
    is_empty = True
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError("UTF-16; expected JSON lines in UTF-8; convert the file")
        if line.strip(_BLANK):
            is_empty = False
            yield f":{number}", _json_fields(line)
    if is_empty:
        raise SourceError("an empty file; expected one JSON object per line")


def _json_fields(line: bytes) -> Fields | SourceError:
    if len(line) >= _MAX_BYTES:
        return SourceError(f"a line of {_MAX_BYTES:,} bytes or more; expected one article; split it")
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return SourceError(f"not UTF-8 at byte {error.start}; expected JSON in UTF-8; convert the file")
    except (ValueError, RecursionError) as error:
        return SourceError(f"not JSON ({error}); expected one object per line")
    if not isinstance(record, dict):
        return SourceError(f"{kind(record)}; expected a JSON object with `text`")
    return record


def _csv_file(file: BinaryIO) -> Iterator[Found]:
    data = file.read(_MAX_TABLE + 1)
    if len(data) > _MAX_TABLE:
        raise SourceError(f"a CSV file of more than {_MAX_TABLE:,} bytes; convert it to .jsonl")
    rows = csv_rows(decode(data))
    _, header = next(rows, (0, []))
    names = [] if isinstance(header, SourceError) else [name.strip().lower() for name in header]
    if "text" not in names:
        raise SourceError(f"CSV columns {', '.join(names)[:80]!a}; expected one named 'text'; name it so")
    for number, row in rows:
        if row:
            fields = row if isinstance(row, SourceError) else dict(zip(names, row, strict=False))
            yield f":{number}", fields


def csv_rows(text: str) -> Iterator[tuple[int, list[str] | SourceError]]:
    """(line number, cells) of a table separated by comma, semicolon or tab, whichever its first line has most of."""
    csv.field_size_limit(_MAX_CELL)
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, SourceError(f"not CSV ({error}); put quotes around the cell")
        else:
            yield rows.line_num, row


def kind(value: object) -> str:
    """What JSON calls a value, for messages: "a number", "a list", "missing or null"."""
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "missing or null" if value is None else names.get(type(value), "a string")


# Each reads an open file and yields its records; each raises SourceError, OSError, EOFError or
# zlib.error where the rest of the file cannot be read.
DOCUMENTS: Mapping[str, Callable[[BinaryIO], Iterator[Found]]] = {
    ".txt": partial(_document, parse=text_fields),
    ".md": partial(_document, parse=markdown_fields),
    ".html": partial(_document, parse=html_fields),
    ".htm": partial(_document, parse=html_fields),
}
READERS: Mapping[str, Callable[[BinaryIO], Iterator[Found]]] = {
    **DOCUMENTS,
    ".jsonl": _json_file,
    ".jsonl.gz": _gzipped_json_file,
    ".csv": _csv_file,
}
