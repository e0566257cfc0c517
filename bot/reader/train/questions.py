"""Questions about news, written for this project over articles that stay where they are.

A line of `questions.jsonl` names the article, the question, and where the answer stands in
the article's text: `{"article", "question", "kind", "answer", "start"}`; `answer` is null for
what the article does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from index.records import Article, Span

FILE = Path(__file__).with_name("questions.jsonl")
VALIDATION = Path(__file__).with_name("validation.jsonl")  # what the calibration is fitted on
TEST = Path(__file__).with_name("test.jsonl")  # what nothing is fitted on


@dataclass(frozen=True, slots=True)
class Written:
    """A question about an article, and the answer's offsets in its text, None where it does not tell."""

    article: Article
    question: str
    answer: Span | None


def written(articles: Mapping[str, Article], path: Path = FILE) -> Iterator[Written]:
    """The questions whose article is at hand and still has the answer where the line says."""
    for line in path.read_text("utf-8").splitlines():
        record = json.loads(line)
        article = articles.get(record["article"])
        if article is None:
            continue
        if record["answer"] is None:
            yield Written(article, record["question"], None)
            continue
        span = Span(record["start"], record["start"] + len(record["answer"]))
        if article.text[span.start : span.end] == record["answer"]:
            yield Written(article, record["question"], span)
