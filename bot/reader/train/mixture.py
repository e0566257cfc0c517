"""What each stage of a run learns from, in the shares that were chosen."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from bot.reader.train.examples import INFORMAL, Example, Pair, inference, informal, loosened, squad_like, varied
from bot.reader.train.negatives import Pool, Text, hard_negatives, near_misses
from bot.reader.train.questions import Written, written
from index.articles import read_sources
from index.chunk import chunk_article, context_of
from index.records import Article, Span
from index.tokens import tokens

Mixture = tuple[list[Example], list[Pair]]

ROUNDS = 2  # of the written questions, each with other passages that do not answer
OTHER_CHUNKS = 20_000  # of articles that no question was written for


def general(data: Path, corpus: Path, seed: int) -> Mixture:
    """Questions written for one encyclopaedia or newspaper passage, some of them over passages that were retrieved."""
    rng = random.Random(seed)
    idk, squad, spaced = _sets(data, rng, squad_share=0.5)
    facqa = [loosened(e) for e in spaced]
    own = [Text(e.passage) for e in varied([*idk, *squad, *facqa], rng)]
    pool = Pool([*own, *islice((Text(c.passage) for c in _chunks(_articles(corpus, rng))), 6_000)])
    examples = [
        *idk,
        *squad,
        *facqa,
        *spaced,
        *hard_negatives(facqa, pool, 1.0, rng),
        *hard_negatives(idk, pool, 0.3, rng),
    ]
    pairs = inference(data / "indonli/train.jsonl")
    return varied(examples, rng), pairs


def news(data: Path, corpus: Path, seed: int) -> Mixture:
    """Written questions over the passages that a search shows for them, and enough of the first stage to keep it."""
    rng = random.Random(seed)
    articles = _articles(corpus, rng)
    questions = list(written({a.id: a for a in articles}))
    named = {q.article.id for q in questions}
    others = islice(_chunks(a for a in articles if a.id not in named), OTHER_CHUNKS)
    pool = Pool([*_chunks({q.article.id: q.article for q in questions}.values()), *others])
    examples = [e for _ in range(ROUNDS) for q in questions for e in _shown(q, pool, rng)]
    idk, squad, spaced = _sets(data, rng, squad_share=0.1)
    replayed = varied([*rng.sample(idk, len(idk) // 4), *squad, *spaced, *map(loosened, spaced)], rng)
    return [*examples, *replayed], inference(data / "indonli/train.jsonl")


def _shown(question: Written, pool: Pool, rng: random.Random) -> list[Example]:
    """The question over the passage that answers it, over another of the same article, and over another article's."""
    article = question.article
    text = informal(question.question, rng) if rng.random() < INFORMAL else question.question
    chunks = chunk_article(article)
    header = context_of(article)
    right = [c for c in chunks if question.answer and c.start <= question.answer.start < question.answer.end <= c.end]
    examples = [Example(text, c.text, _moved(question.answer, -c.start), header) for c in right]
    answer = article.text[question.answer.start : question.answer.end] if question.answer else None
    others = [c for c in chunks if c not in right and (answer is None or answer.lower() not in c.text.lower())]
    asked = frozenset(tokens(question.question))
    others.sort(key=lambda c: -len(asked & frozenset(tokens(c.text))))
    wrong = [Example(text, c.text, None, header) for c in rng.sample(others[:3], min(len(others), 1 if right else 2))]
    return [*examples, *wrong, *near_misses(Example(text, article.text, question.answer), pool, 1, rng)]


def _moved(span: Span | None, by: int) -> Span | None:
    return span and Span(span.start + by, span.end + by)


def _sets(data: Path, rng: random.Random, squad_share: float) -> tuple[list[Example], list[Example], list[Example]]:
    """IDK-MRC with what TyDi QA adds to it, a share of the machine-translated SQuAD, and FacQA as it is printed."""
    idk = list(squad_like(data / "idk-mrc/train.json"))
    known = {e.question for e in idk} | {e.question for e in squad_like(data / "idk-mrc/valid.json")}
    idk += [e for e in squad_like(data / "idk-mrc/tydiqa_train.json") if e.question not in known]
    squad = [e for e in squad_like(data / "idk-mrc/trans_squad.json") if rng.random() < squad_share]
    return idk, squad, list(squad_like(data / "facqa/train.json"))


def _articles(corpus: Path, rng: random.Random) -> list[Article]:
    articles = [a for a in read_sources(sorted(corpus.glob("*.jsonl*"))) if isinstance(a, Article)]
    rng.shuffle(articles)
    return articles


def _chunks(articles: Iterable[Article]) -> Iterator[Text]:
    for article in articles:
        if article.text.strip():
            yield from (Text(chunk.text, context_of(article)) for chunk in chunk_article(article))
