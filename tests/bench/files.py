"""Question, prediction and corpus files, as plain dictionaries."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from index.articles import read_sources
from index.records import Article

Record = dict[str, Any]

JSON_LINES = (".jsonl", ".jsonl.gz")


def read_jsonl(path: Path) -> Iterator[Record]:
    """The records of a .jsonl or .jsonl.gz file, in order."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def write_jsonl(path: Path, records: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def raw_records(sources: Iterable[Path]) -> Iterator[Record]:
    """Articles as published: JSON lines untouched, anything else as `index.articles` reads it."""
    for source in sources:
        if source.name.endswith(JSON_LINES):
            yield from read_jsonl(source)
        else:
            yield from (_record(item) for item in read_sources([source]) if isinstance(item, Article))


def _record(article: Article) -> Record:
    published = article.published.isoformat() if article.published else None
    return {
        "id": article.id, "title": article.title, "source": article.outlet, "published": published,
        "url": article.url, "text": article.text,
    }  # fmt: skip
