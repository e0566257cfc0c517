"""Predictions against gold answers: retrieval, evidence, answers, quotes, abstention, latency.

    python -m tests.bench.score QUESTIONS.jsonl PREDICTIONS.jsonl [--corpus FILES...] [--markdown]

Every metric is a number in [0, 1], milliseconds, or None where there is nothing to measure.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.articles import read_sources
from index.records import Article
from tests.bench.files import Record, raw_records, read_jsonl

CITATIONS = 3  # of an answer that count
DEPTHS = (1, 5, 10)

Metrics = dict[str, float | int | None]


# -- texts ---------------------------------------------------------------------------------


def fold(text: str) -> str:
    """White space folded to single blanks."""
    return " ".join(text.split())


_CURRENCY = re.compile(r"\b(rp|idr|usd|us\$)(?=\.?\s?\d)\.?|\$(?=\s?\d)", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\.?\d)")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_UNIT_LETTERS = re.compile(r"(?<=\d)(?=[^\W\d_])")
_PUNCTUATION = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w\s.]|_")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalise(text: str) -> str:
    """An answer as it is compared (SQuAD: lower case, no punctuation, no English articles).

    Punctuation becomes a blank rather than nothing, so that "2-1" is not "21". Numbers are
    written one way: "Rp1.500,5", "Rp 1500,5" and "rp. 1.500,5" are all "rp 1500.5", "25m" is
    "25 m" and "2%" is "2 persen". Units are left alone: "miliar" is not "M".
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("%", " persen ")
    text = re.sub("['’`]", "", text)
    text = _CURRENCY.sub(lambda match: " usd " if "$" in match[0] else f" {match[1]} ", text)
    text = _THOUSANDS.sub(lambda match: match[0].replace(".", ""), text)
    text = _UNIT_LETTERS.sub(" ", _DECIMAL_COMMA.sub(".", text))
    return fold(_ARTICLES.sub(" ", _PUNCTUATION.sub(" ", text)))


def contains(answer: str | None, accepted: Sequence[str]) -> bool:
    """Whether an accepted answer stands in the answer as whole words."""
    words = f" {normalise(answer or '')} "
    return any(f" {gold} " in words for gold in map(normalise, accepted) if gold)


def token_f1(answer: str | None, accepted: Sequence[str]) -> float:
    """SQuAD's F1: of the words shared with the accepted answer that shares most."""
    return max((_f1(normalise(answer or "").split(), normalise(gold).split()) for gold in accepted), default=0.0)


def _f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    shared = sum((Counter(answer) & Counter(gold)).values())
    return 2 * shared / (len(answer) + len(gold)) if shared else 0.0


# -- the corpus ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """An article's title and text as published, and its text as the index stores it; white space folded."""

    title: str
    text: str
    cleaned: str
    stored: str = ""  # the cleaned text with its white space, into which offsets point


@dataclass(slots=True)
class Corpus:
    """Articles by id, and which of them carry the same text."""

    articles: dict[str, Published] = field(default_factory=dict)
    _by_text: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record], cleaned: Mapping[str, Article] | None = None) -> Corpus:
        corpus, cleaned = cls(), cleaned or {}
        for record in records:
            article_id = str(record["id"])
            stored = cleaned[article_id].text if article_id in cleaned else record["text"]
            corpus.put(article_id, record.get("title") or "", record["text"], stored)
        return corpus

    @classmethod
    def read(cls, files: Sequence[Path]) -> Corpus:
        cleaned = {item.id: item for item in read_sources(files) if isinstance(item, Article)}
        return cls.of(raw_records(files), cleaned)

    def put(self, article_id: str, title: str, text: str, stored: str) -> None:
        published = Published(fold(title), fold(text), fold(stored), stored)
        self.articles[article_id] = published
        self._by_text.setdefault(published.text, set()).add(article_id)

    def with_copies(self, ids: Iterable[str]) -> set[str]:
        """The ids, and those of every article of the same text."""
        found = set(ids)
        return found.union(*(self._by_text[self.articles[i].text] for i in found if i in self.articles))

    def with_passages(self, question: Record) -> Corpus:
        """This corpus and the passages a question brings along, as `passage-1` and so on."""
        passages = question.get("passages")
        if not passages:
            return self
        extended = Corpus(dict(self.articles), self._by_text)
        for number, text in enumerate(passages, 1):
            extended.articles[f"passage-{number}"] = Published("", fold(text), fold(text), text)
        return extended


def is_verbatim(citation: Record, corpus: Corpus) -> bool:
    """Whether the quote stands in the published text or title of its article, white space aside."""
    article, quote = corpus.articles.get(citation["article"]), fold(citation["quote"])
    return article is not None and bool(quote) and (quote in article.text or quote in article.title)


def is_at_its_offsets(citation: Record, corpus: Corpus) -> bool:
    """Whether `text[start:end]` of the stored, cleaned text is the quote."""
    article = corpus.articles.get(citation["article"])
    return article is not None and article.stored[citation["start"] : citation["end"]] == citation["quote"]


def overlaps(citation: Record, evidence: Record, corpus: Corpus) -> bool:
    """Whether a cited quote and a gold quote share characters of one article, or of copies.

    Both are looked up in the same form of the text (published, then cleaned, then the
    title); articles whose text is equal in that form are copies.
    """
    cited, gold = corpus.articles.get(citation["article"]), corpus.articles.get(evidence["article"])
    if cited is None or gold is None:
        return False
    forms = ((cited.text, gold.text), (cited.cleaned, gold.cleaned), (cited.title, gold.title))
    return any(
        ours == theirs and _share_characters(ours, fold(citation["quote"]), fold(evidence["quote"]))
        for ours, theirs in forms
    )


def _share_characters(text: str, one: str, other: str) -> bool:
    return any(a < d and c < b for a, b in _places(text, one) for c, d in _places(text, other))


def _places(text: str, part: str) -> list[tuple[int, int]]:
    return [(m.start(), m.start() + len(part)) for m in re.finditer(f"(?={re.escape(part)})", text)] if part else []


# -- metrics -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with what was predicted for it."""

    question: Record
    answer: str | None  # None for a refusal, an empty answer and a missing prediction
    citations: Sequence[Record]
    retrieved: Sequence[str]
    latency_ms: float | None
    missing: bool = False

    @property
    def answerable(self) -> bool:
        return bool(self.question["answerable"])

    @property
    def evidence(self) -> Sequence[Record]:
        return self.question.get("evidence") or ()


def pair(questions: Iterable[Record], predictions: Iterable[Record]) -> list[Judged]:
    """Every question with its prediction, by id; one without a prediction counts as unanswered."""
    by_id = {prediction["id"]: prediction for prediction in predictions}
    return [_judged(question, by_id.get(question["id"])) for question in questions]


def _judged(question: Record, prediction: Record | None) -> Judged:
    if prediction is None:
        return Judged(question, None, (), (), None, missing=True)
    answer = None if prediction["refused"] else (prediction["answer"] or "").strip() or None
    return Judged(
        question, answer, prediction.get("citations") or (), prediction.get("retrieved") or (),
        prediction.get("latency_ms"),
    )  # fmt: skip


def recall_at(judged: Sequence[Judged], depth: int, corpus: Corpus) -> float | None:
    """Share of answerable questions with an evidence article, or a copy of one, among the first `depth`."""
    return _mean(
        bool(corpus.with_copies(e["article"] for e in j.evidence) & set(j.retrieved[:depth]))
        for j in judged
        if j.answerable and j.evidence
    )


def evidence_overlap(judged: Sequence[Judged], corpus: Corpus) -> float | None:
    """Share of answerable questions one of whose first three citations overlaps a gold quote."""
    return _mean(
        j.answer is not None
        and any(overlaps(c, e, corpus.with_passages(j.question)) for c in j.citations[:CITATIONS] for e in j.evidence)
        for j in judged
        if j.answerable and j.evidence
    )


def abstention(judged: Sequence[Judged]) -> tuple[float | None, float | None]:
    """Precision and recall of refusing, the unanswerable questions being the positive class."""
    refused = [j for j in judged if j.answer is None]
    unanswerable = [j for j in judged if not j.answerable]
    return _mean(not j.answerable for j in refused), _mean(j.answer is None for j in unanswerable)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the values lie, interpolated linearly."""
    if not values:
        return None
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def measure(judged: Sequence[Judged], corpus: Corpus) -> Metrics:
    """Every metric over these questions."""
    answerable = [j for j in judged if j.answerable]
    answered = [j for j in judged if j.answer is not None]
    cited = [(c, corpus.with_passages(j.question)) for j in answered for c in j.citations]
    precision, recall = abstention(judged)
    latencies = [j.latency_ms for j in judged if j.latency_ms is not None]
    return {
        "n": len(judged),
        "answerable": len(answerable),
        "missing": sum(j.missing for j in judged),
        **{f"R@{depth}": recall_at(judged, depth, corpus) for depth in DEPTHS},
        "evidence overlap": evidence_overlap(judged, corpus),
        "gold in answer": _mean(contains(j.answer, j.question["answers"]) for j in answerable),
        "token F1": _mean(token_f1(j.answer, j.question["answers"]) for j in answerable),
        "answers with citation": _mean(bool(j.citations) for j in answered),
        "quotes verbatim": _mean(is_verbatim(*pair) for pair in cited),
        "quotes at their offsets": _mean(is_at_its_offsets(*pair) for pair in cited),
        "abstention precision": precision,
        "abstention recall": recall,
        "latency p50 ms": quantile(latencies, 0.50),
        "latency p95 ms": quantile(latencies, 0.95),
    }


def score(questions: Sequence[Record], predictions: Iterable[Record], corpus: Corpus) -> dict[str, Metrics]:
    """The metrics of all questions, under "all", and of each type of question."""
    judged = pair(questions, predictions)
    types = sorted({str(q["type"]) for q in questions})
    by_type = {kind: measure([j for j in judged if j.question["type"] == kind], corpus) for kind in types}
    return {"all": measure(judged, corpus), **by_type}


def _mean(values: Iterable[float | bool]) -> float | None:
    numbers = [float(value) for value in values]
    return statistics.fmean(numbers) if numbers else None


# -- showing -------------------------------------------------------------------------------


def shown(metric: str, value: float | int | None) -> str:
    """A metric as a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:,.0f}" if metric.endswith("ms") else f"{value:.3f}"


def markdown(columns: Mapping[str, Metrics]) -> str:
    """One line per metric, one column per system or type of question."""
    metrics = list(next(iter(columns.values())))
    lines = [["", *columns], ["---", *("---:" for _ in columns)]]
    lines += [[metric, *(shown(metric, values[metric]) for values in columns.values())] for metric in metrics]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.score", description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--corpus", type=Path, nargs="+", default=[], help="the articles the questions are about")
    parser.add_argument("--markdown", action="store_true", help="a table instead of JSON")
    args = parser.parse_args(argv)
    result = score(list(read_jsonl(args.questions)), read_jsonl(args.predictions), Corpus.read(args.corpus))
    print(markdown(result) if args.markdown else json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
