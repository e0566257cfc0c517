"""Lexical engines side by side, over the same terms of the same chunks.

    python -m tests.bench.lexical CORPUS... --questions QUESTIONS.jsonl

SQLite FTS5 (what `index.lexical` uses), tantivy and bm25s get the terms of `index.tokens`,
joined by blanks; each is asked for 100 chunks, whose articles are ranked by their best.
An engine that is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.evaluate.corpus import Corpus
from index.articles import read_sources
from index.chunk import chunk_article
from index.lexical import LexicalIndex, query_terms
from index.records import Article
from index.tokens import tokens
from tests.bench.files import Record, read_jsonl

DEPTH = 100  # chunks asked for
ADDITIONS = 20

Chunked = tuple[str, str, str]  # article id, title, chunk text


class Engine(Protocol):
    """A BM25 index on disk; chunks are addressed by their number."""

    def build(self, chunks: Sequence[Chunked]) -> None: ...
    def search(self, question: str) -> list[int]: ...
    def add(self, number: int, chunk: Chunked) -> None:
        """Add one chunk so that the next search sees it and a crash does not lose it."""
        ...


class Fts5:
    """SQLite FTS5 through `index.lexical`."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "fts5.sqlite", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._index = LexicalIndex(self._db)

    def build(self, chunks: Sequence[Chunked]) -> None:
        self._db.execute("BEGIN")
        self._index.rebuild((number, title, text) for number, (_, title, text) in enumerate(chunks))
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def search(self, question: str) -> list[int]:
        return [number for number, _ in self._index.search(question, DEPTH)]

    def add(self, number: int, chunk: Chunked) -> None:
        self._index.put(number, chunk[1], chunk[2])


class Tantivy:
    """tantivy, one thread, one commit per addition."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("number", stored=True, indexed=True)
        builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))

    def build(self, chunks: Sequence[Chunked]) -> None:
        writer = self._index.writer(num_threads=1)
        for number, chunk in enumerate(chunks):
            writer.add_document(self._document(number, chunk))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, question: str) -> list[int]:
        query = self._tantivy.Query
        should = self._tantivy.Occur.Should
        terms = [(should, query.term_query(self._schema, "body", term, "freq")) for term in query_terms(question)]
        searcher = self._index.searcher()
        hits = searcher.search(query.boolean_query(terms), DEPTH).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]

    def add(self, number: int, chunk: Chunked) -> None:
        writer = self._index.writer(num_threads=1)
        writer.add_document(self._document(number, chunk))
        writer.commit()
        self._index.reload()

    def _document(self, number: int, chunk: Chunked) -> Any:
        return self._tantivy.Document(number=number, body=" ".join(_terms(chunk)))


class Bm25s:
    """bm25s; it cannot be added to, so one more chunk means indexing and saving all again."""

    def __init__(self, folder: Path) -> None:
        import bm25s  # type: ignore[import-untyped]  # it ships no types

        self._bm25s, self._folder = bm25s, folder
        self._terms: list[list[str]] = []

    def build(self, chunks: Sequence[Chunked]) -> None:
        self._terms = [_terms(chunk) for chunk in chunks]
        self._index()

    def search(self, question: str) -> list[int]:
        terms = [term for term in query_terms(question) if term in self._retriever.vocab_dict]
        if not terms:
            return []
        found, scores = self._retriever.retrieve([terms], k=min(DEPTH, len(self._terms)), show_progress=False)
        return [int(number) for number, score in zip(found[0], scores[0], strict=True) if score > 0]

    def add(self, number: int, chunk: Chunked) -> None:  # noqa: ARG002  # the next one is all it can take
        self._terms.append(_terms(chunk))
        self._index()

    def _index(self) -> None:
        self._retriever = self._bm25s.BM25(k1=1.2, b=0.75)
        self._retriever.index(self._terms, show_progress=False)
        self._retriever.save(str(self._folder), show_progress=False)


ENGINES: dict[str, tuple[str, type[Any]]] = {
    "SQLite FTS5": ("sqlite3", Fts5),
    "tantivy": ("tantivy", Tantivy),
    "bm25s": ("bm25s", Bm25s),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine's line of the table."""

    recall_1: float
    recall_10: float
    build_seconds: float
    query_p50_ms: float
    query_p95_ms: float
    add_ms: float
    megabytes: float


def measure(
    engine: Engine, folder: Path, chunks: Sequence[Chunked], questions: Sequence[Record], corpus: Corpus
) -> Measured:
    """Build, ask and add to one engine that keeps its files in `folder`."""
    seconds, _ = _timed(lambda: engine.build(chunks))
    megabytes = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    rankings, times = [], []
    for question in questions:
        text = " ".join([turn["question"] for turn in question.get("history", [])] + [question["question"]])
        engine.search(text)
        elapsed, found = _timed(lambda text=text: engine.search(text))
        times.append(elapsed * 1000)
        rankings.append(list(dict.fromkeys(chunks[number][0] for number in found)))
    gold = [{corpus.key(e["article"]) for e in question["evidence"]} for question in questions]
    ranked = [(g, [corpus.key(article) for article in r]) for g, r in zip(gold, rankings, strict=True)]
    recall_1, recall_10 = (statistics.fmean(bool(g & set(r[:depth])) for g, r in ranked) for depth in (1, 10))
    additions = [_timed(lambda n=n: engine.add(len(chunks) + n, chunks[n]))[0] * 1000 for n in range(ADDITIONS)]
    return Measured(
        recall_1,
        recall_10,
        seconds,
        float(np.quantile(times, 0.5)),
        float(np.quantile(times, 0.95)),
        statistics.median(additions),
        megabytes,
    )


def compare(corpus_files: Sequence[Path], questions: Sequence[Record]) -> dict[str, Measured]:
    """Every installed engine over the chunks of these files."""
    chunks = list(_chunks(corpus_files))
    corpus = Corpus.of(a for a in read_sources(corpus_files) if isinstance(a, Article))
    known = [q for q in questions if q["answerable"] and any(e["article"] in corpus.articles for e in q["evidence"])]
    for _, title, text in chunks:  # so that no engine pays for filling the stemmer's cache
        tokens(f"{title} {text}")
    result = {}
    for name, (package, engine) in ENGINES.items():
        if importlib.util.find_spec(package) is None:
            continue
        # tantivy may still be merging segments when it is done with.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            result[name] = measure(engine(Path(folder)), Path(folder), chunks, known, corpus)
    return result


def table(measured: dict[str, Measured]) -> str:
    lines = [
        "| engine | R@1 | R@10 | build s | query p50 ms | query p95 ms | add one chunk ms | MB on disk |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {m.recall_1:.3f} | {m.recall_10:.3f} | {m.build_seconds:.2f} | {m.query_p50_ms:.2f} "
        f"| {m.query_p95_ms:.2f} | {m.add_ms:.2f} | {m.megabytes:.1f} |"
        for name, m in measured.items()
    ]
    return "\n".join(lines)


def _chunks(files: Sequence[Path]) -> Iterator[Chunked]:
    for article in read_sources(files):
        if isinstance(article, Article):
            yield from ((article.id, article.title, chunk.text) for chunk in chunk_article(article))


def _terms(chunk: Chunked) -> list[str]:
    return tokens(chunk[1]) + tokens(chunk[2])


def _timed(work: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lexical", description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--questions", type=Path, required=True)
    args = parser.parse_args()
    print(table(compare(args.corpus, list(read_jsonl(args.questions)))))


if __name__ == "__main__":
    main()
