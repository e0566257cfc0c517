"""What a large index costs: adding one article to it, and searching it with and without a date filter.

    python -m tests.bench.growth --dir D --models FOLDER [--chunks 20000]

The large index is filled through the store with invented articles, whose chunks get random
unit vectors, so that it takes seconds. Adding is timed inside one process, around
`NewsIndex.add`: the model is warm and no interpreter starts. Prints JSON, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from index.build import NewsIndex
from index.chunk import chunk_article
from index.embed import BundledEmbedder, Embedding, Vector
from index.records import Article, Filters
from index.retrieve import Query

DIMENSION = 384
CHUNKS_PER_ARTICLE = 4
DAYS = 365
FIRST = datetime(2025, 1, 1, 9, tzinfo=timezone(timedelta(hours=7)))
VOCABULARY, COMMON = 30_000, 100
WORDS, WORDS_PER_SENTENCE = 440, 14
FILTERS = {
    "no filter": Filters(),
    "one day": Filters(date(2025, 6, 1), date(2025, 6, 1)),
    "one month": Filters(date(2025, 6, 1), date(2025, 6, 30)),
    "half a year": Filters(date(2025, 6, 1), date(2025, 11, 30)),
}
QUESTIONS = [
    "Siapa yang memimpin sidang dugaan kartel bunga pinjaman?",
    "Berapa jumlah pengungsi banjir di Demak?",
    "Kenapa harga cabai rawit naik bulan ini?",
    "Kapan kereta ringan mulai beroperasi?",
    "Di mana kebakaran pasar itu terjadi?",
]


def fill(index: NewsIndex, chunks: int, seed: int = 0) -> None:
    """Put invented articles with at least `chunks` chunks into an index, in one transaction."""
    random = np.random.default_rng(seed)
    words = _vocabulary(random)
    with index.store.transaction():
        index.store.set_meta("model", index.embedder.name)
        index.store.set_meta("model_fingerprint", index.embedder.fingerprint)
        written = 0
        for number in count():
            if written >= chunks:
                break
            article = _article(f"invented-{number}", _text(random, words), number % DAYS)
            text_id = index.store.put_article(article)
            for chunk in chunk_article(article):
                embedding = Embedding(_unit(random, 1)[0], _unit(random, len(chunk.sentences)))
                index.lexical.put(index.store.put_chunk(text_id, chunk, embedding), article.title, chunk.text)
                written += 1
    index.vectors.sync()


def additions(folder: Path, large: NewsIndex, runs: int) -> dict[str, float]:
    """Median milliseconds of adding one article to an empty, a nearly empty and the large index."""
    random = np.random.default_rng(1)
    words = _vocabulary(random)
    times: dict[str, list[float]] = {"empty": [], "one article": [], "large": []}
    for run in range(runs):
        small = NewsIndex(folder / f"small-{run}", large.embedder)
        articles = [_article(f"new-{run}-{n}", _text(random, words), run) for n in range(3)]
        for name, index, article in zip(times, (small, small, large), articles, strict=True):
            times[name].append(_milliseconds(partial(index.add, [article])))
        small.close()
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def searches(index: NewsIndex, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a warm search by filter, the question's embedding included."""

    def search(filters: Filters) -> Callable[[str], Any]:
        return lambda question: index.search(Query(question, filters))

    return {name: _spread(search(filters), rounds) for name, filters in FILTERS.items()}


def chroma_alone(folder: Path, index: NewsIndex, rounds: int) -> dict[str, dict[str, float]]:
    """The same vectors asked of Chroma, whose own `where` does the filtering, for comparison."""
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
    collection = client.create_collection("chunks", configuration={"hnsw": {"space": "ip"}}, embedding_function=None)
    ids = index.store.chunk_ids()
    for at in range(0, len(ids), 1_000):
        kept, vectors = index.store.vectors(ids[at : at + 1_000])
        days: Any = [{"day": i // CHUNKS_PER_ARTICLE % DAYS} for i in kept]
        collection.upsert(ids=[str(i) for i in kept], embeddings=vectors, metadatas=days)
    month: Any = {"$and": [{"day": {"$gte": 151}}, {"day": {"$lte": 180}}]}
    asked = np.random.default_rng(2)

    def ask(where: Any) -> Callable[[str], Any]:
        return lambda _: collection.query(query_embeddings=_unit(asked, 1), n_results=100, where=where, include=[])

    spreads = {"no filter": _spread(ask(None), rounds), "one month": _spread(ask(month), rounds)}
    client.close()
    return spreads


def measure(folder: Path, models: Path, chunks: int, runs: int) -> dict[str, Any]:
    """Everything this module measures."""
    large = NewsIndex(folder / "large", BundledEmbedder(models))
    seconds = _milliseconds(lambda: fill(large, chunks)) / 1000
    result: dict[str, Any] = {
        "chunks": large.store.counts()["chunks"],
        "fill_seconds": round(seconds, 1),
        "question_embedding": _spread(large.embedder.embed_query, runs),
        "search": searches(large, runs),
        "chroma_where": chroma_alone(folder / "chroma-alone", large, runs),
    }
    # Only now is torch loaded, as it is not when all one does is ask.
    warm = NewsIndex(folder / "warm", large.embedder)
    warm.add([_article("warm", "Harga cabai rawit turun di pasar.", 0)])
    warm.close()
    result["add_one"] = additions(folder, large, runs)
    large.close()
    return result


def _spread(work: Callable[[str], Any], rounds: int) -> dict[str, float]:
    """Quantiles of the milliseconds each question took; no question comes twice, so no cache knows it."""
    serial = count()
    for question in QUESTIONS:
        work(question)
    asked = [f"{question[:-1]} ke-{next(serial)}?" for _ in range(rounds) for question in QUESTIONS]
    times = [_milliseconds(partial(work, question)) for question in asked]
    return {"p50": float(np.quantile(times, 0.5)), "p95": float(np.quantile(times, 0.95))}


def _milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _article(article_id: str, text: str, day: int) -> Article:
    return Article(article_id, f"Berita {article_id}", text, "Outlet", FIRST + timedelta(days=day))


def _vocabulary(random: np.random.Generator) -> list[str]:
    """Invented words by frequency, the questions' own among them where content words stand.

    At rank 100 to 130 a word occurs in about 7 % of the chunks, as "harga" or "jumlah" do in news.
    """
    asked = [word.strip("?").lower() for question in QUESTIONS for word in question.split()]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    invented = ["".join(random.choice(letters, size)) for size in random.integers(3, 10, VOCABULARY)]
    return [*invented[:COMMON], *asked, *invented[COMMON:]]


def _text(random: np.random.Generator, words: list[str]) -> str:
    """Sentences of words drawn by Zipf's law, about `CHUNKS_PER_ARTICLE` chunks long."""
    drawn = [words[rank % len(words)] for rank in random.zipf(1.2, WORDS)]
    return " ".join(_sentences(drawn))


def _sentences(words: list[str]) -> Iterator[str]:
    for at in range(0, len(words), WORDS_PER_SENTENCE):
        yield " ".join(words[at : at + WORDS_PER_SENTENCE]).capitalize() + "."


def _unit(random: np.random.Generator, rows: int) -> Vector:
    vectors = random.standard_normal((rows, DIMENSION)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="where the bundled model is exported to")
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    print(json.dumps(measure(args.dir, args.models, args.chunks, args.runs)))


if __name__ == "__main__":
    main()
