"""Files in, articles out: every readable record becomes an `Article`, every other one says why not."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from index.clean import clean_line, clean_text
from index.dates import find_published, parse_date
from index.errors import SourceError
from index.formats import (
    DOCUMENTS,
    MAX_CHARACTERS,
    READERS,
    Fields,
    find_author,
    find_outlet,
    find_title,
    kind,
    sniffed_records,
)
from index.records import Article

STDIN = "-"

_MIN_CHARACTERS = 20
_MAX_ID = 200
_MAX_LINE = 500  # characters of a title or a name

_URL = re.compile(r"https?://[^\s<>\"]{3,2000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file or a record that is no article: `where` ("folder/x.html", "x.jsonl:17") and, in a line, why."""

    where: str
    reason: str


def read_sources(
    sources: Iterable[str | Path],
    stdin: BinaryIO | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Iterator[Article | Rejected]:
    """Every article in files, folders and standard input ("-"), one at a time.

    Folders are read recursively in sorted order, without hidden files, unknown suffixes and
    linked folders. JSON lines are streamed; memory holds one record.

    A record's own fields win; title, outlet, author and date it lacks are taken from its text.
    A date without an offset is read as WIB (UTC+7); one that cannot be read is None, as is a
    URL that is not http(s). An article without an `id` gets one that stays the same when the
    source is read again: the file's stem and a hash of the URL, else of the file's absolute path
    (a record in a JSONL or CSV file: and of its title and date; standard input: of the text).

    Args:
        sources: paths of .txt, .md, .html, .htm, .jsonl, .jsonl.gz, .csv files or folders, or "-".
        stdin: what "-" reads: JSON lines, HTML or a bare article, told apart by how it starts.
        on_bytes: called with the number of bytes read since the last call (compressed bytes for
            .gz); the total is `count_bytes`.

    Never raises for what it reads: whatever is no article is yielded as `Rejected`.
    """
    report = on_bytes or (lambda _: None)
    for source in sources:
        if str(source) == STDIN:
            yield from _read_stdin(stdin)
        else:
            for found in _find_files(Path(source)):
                yield from [found] if isinstance(found, Rejected) else _read_file(found, report)


def count_bytes(sources: Iterable[str | Path]) -> int | None:
    """Bytes that `read_sources` will report for these sources; None where "-" makes it unknown."""
    paths = [str(source) for source in sources]
    if STDIN in paths:
        return None
    return sum(_size(found) for path in paths for found in _find_files(Path(path)) if isinstance(found, Path))


def to_article(fields: Fields, derive_id: Callable[[Article], str]) -> Article:
    """The article in a record's fields, cleaned, with what it lacks taken from its text.

    Args:
        fields: id, title, source or outlet, author, published or date, section or category, url,
            text; anything else is ignored.
        derive_id: gives an id to the article of a record without one.

    Raises:
        SourceError: no usable text, or an id that cannot serve as one.
    """
    text = _text(fields.get("text"))
    given = _first(fields, "published", "date")
    article = Article(
        id=_given_id(fields.get("id")),
        title=_line(fields.get("title")) or clean_line(find_title(text)),
        text=text,
        outlet=_line(_first(fields, "source", "outlet")) or find_outlet(text),
        published=find_published(text) if given is None else parse_date(given),
        url=_url(fields.get("url")),
        author=_line(fields.get("author")) or find_author(text),
        section=_line(_first(fields, "section", "category")),
    )
    return article if article.id else replace(article, id=derive_id(article))


def _find_files(source: Path) -> Iterator[Path | Rejected]:
    if not _is_folder(source):
        yield source  # opening it will tell what is wrong with it
        return
    errors: list[OSError] = []
    for folder, folders, names in os.walk(source, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
        yield from (path for path in paths if _suffix(path) in READERS)
    yield from (Rejected(_shown(Path(error.filename)), _reason(error)) for error in errors)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _suffix(path: Path) -> str:
    return ".jsonl.gz" if path.name.lower().endswith(".jsonl.gz") else path.suffix.lower()


def _shown(path: Path) -> str:
    name = path.as_posix().encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in name)


def _read_file(path: Path, report: Callable[[int], None]) -> Iterator[Article | Rejected]:
    where, size, seen = _shown(path), _size(path), 0
    try:
        with _open(path) as file:
            derive_id = _derive_id(path)
            for place, fields in READERS[_suffix(path)](file):
                report(file.tell() - seen)
                seen = file.tell()
                yield _build(where + place, fields, derive_id)
    except SourceError as error:
        yield Rejected(where, str(error))
    except (OSError, EOFError, zlib.error) as error:
        yield Rejected(where, _reason(error))
    report(size - seen)


def _open(path: Path) -> BinaryIO:
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except ValueError as error:
        raise SourceError(f"a path that cannot exist ({error}); check its spelling") from error
    if not is_file:
        raise SourceError("neither a file nor a folder; expected an article in a regular file")
    if _suffix(path) not in READERS:
        raise SourceError(f"a file ending in {_suffix(path)!r}; expected {', '.join(READERS)}; convert or rename it")
    return path.open("rb")


def _reason(error: OSError | EOFError | zlib.error) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror}); check the path and its permissions"
    return f"broken gzip data from here on ({error}); fetch the file again"


def _read_stdin(stdin: BinaryIO | None) -> Iterator[Article | Rejected]:
    if stdin is None:
        yield Rejected(STDIN, "no standard input; pipe an article or JSON lines into the command")
        return
    try:
        for place, fields in sniffed_records(stdin):
            yield _build(STDIN + place, fields, _stdin_id)
    except SourceError as error:
        yield Rejected(STDIN, str(error))
    except OSError as error:
        yield Rejected(STDIN, _reason(error))


def _build(where: str, fields: Fields | SourceError, derive_id: Callable[[Article], str]) -> Article | Rejected:
    try:
        if isinstance(fields, SourceError):
            raise fields
        return to_article(fields, derive_id)
    except SourceError as error:
        return Rejected(where, str(error))


def _derive_id(path: Path) -> Callable[[Article], str]:
    key = path.resolve().as_posix()
    stem = _slug(path.name[: -len(_suffix(path))])

    def of_document(article: Article) -> str:
        return f"{stem}-{_hash(article.url or key)[:8]}"

    def of_record(article: Article) -> str:
        published = article.published.isoformat() if article.published else ""
        return f"{stem}-{_hash(article.url or chr(0).join((key, article.title, published)))[:16]}"

    return of_document if _suffix(path) in DOCUMENTS else of_record


def _stdin_id(article: Article) -> str:
    return f"stdin-{_hash(article.url or article.text)[:16]}"


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _slug(stem: str) -> str:
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:80] or "article"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise SourceError(f"`text` is {kind(value)}; expected the article as a string")
    if len(value) > MAX_CHARACTERS:
        raise SourceError(f"`text` of {len(value):,} characters; expected at most {MAX_CHARACTERS:,}; split it")
    text = clean_text(value)
    if len(text) < _MIN_CHARACTERS or not any(map(str.isalpha, text)):
        raise SourceError(
            f"{len(text)} characters of text after cleaning; expected {_MIN_CHARACTERS} or more, with letters"
        )
    return text


def _given_id(value: object) -> str:
    """The record's id, or "" where it has none."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SourceError(f"`id` is {kind(value)}; expected a string or an integer, or none")
    given = str(value).strip()
    if len(given) > _MAX_ID:
        raise SourceError(f"`id` of {len(given)} characters; expected at most {_MAX_ID}")
    if not given.isprintable():
        raise SourceError(f"`id` {given!a} holds control characters; expected printable ones")
    return given


def _first(fields: Fields, *names: str) -> object:
    return next((value for name in names if (value := fields.get(name)) not in (None, "")), None)


def _line(value: object) -> str | None:
    """A name or a title on one line; None for what is neither text, a number nor a list of text."""
    if isinstance(value, list):
        value = ", ".join(item for item in value if isinstance(item, str))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return clean_line(str(value)[: 2 * _MAX_LINE])[:_MAX_LINE].strip() or None


def _url(value: object) -> str | None:
    url = value.strip() if isinstance(value, str) else ""
    return url if _URL.fullmatch(url) and url.isprintable() else None
