"""Answers as the bot keeps them, and made whole again: each quote checked anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.answer import Answer, Refusal, Status
from bot.answerer import Answerer
from bot.citations import Citation, checked, cite
from bot.question import understand
from bot.read import PASSAGES
from bot.telegram.state import Stored
from bot.telegram.texts import say
from index.records import Chunk, Filters, Passage

NEAREST = 3  # articles that a refusal names
SUGGESTED = 2  # outlets offered to narrow a question down
NEAR = 0.6  # share of the best passage's score from which another outlet writes about the same
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way to narrow a question down: a button's label and the filters it stands for."""

    label: str
    filters: Filters


def to_data(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer beside its question and text; plain JSON."""
    filters = answer.question.filters
    return {
        "citations": [[c.article, c.start, c.end, c.quote, list(c.copies)] for c in answer.citations],
        "nearest": answer.retrieved[:NEAREST],
        "status": answer.status,
        "refusal": answer.refusal,
        "outlets": _other_outlets(answer),
        "recent": _is_recent(answer),
        "filters": [filters.since and str(filters.since), filters.until and str(filters.until), filters.outlet],
    }


def suggestions(data: dict[str, Any], asked_at: float, language: str) -> list[Suggestion]:
    """What may help: another outlet that writes about it; the last week, where there is news of it."""
    since, until, outlet = data["filters"]
    if not data["citations"]:
        return []
    found, days = [], (since and date.fromisoformat(since), until and date.fromisoformat(until))
    if outlet is None:
        found = [
            Suggestion(say("only_outlet", language, outlet=name), Filters(*days, name))
            for name in data["outlets"][:SUGGESTED]
        ]
    if since is None and data["recent"]:
        week = (datetime.fromtimestamp(asked_at, UTC) - WEEK).date()
        found.append(Suggestion(say("only_week", language), Filters(week, outlet=outlet)))
    return found


def restored(stored: Stored, answerer: Answerer) -> Answer | None:
    """The answer with its quotes checked against the articles as they are now; None if one fails."""
    store = answerer.index.store
    question = understand(stored.question, follow_up=False)
    if stored.text is None:
        articles = [a for i in stored.data["nearest"] if (a := store.article(i)) is not None]
        passages = tuple(Passage(0, a, Chunk("", 0, 0, ()), 0.0) for a in articles)
        return Answer.refused(question, passages, Refusal(stored.data["refusal"]))
    citations = [citation_of(stored, n, answerer) for n in range(1, len(stored.data["citations"]) + 1)]
    whole = tuple(c for c in citations if c is not None)
    if len(whole) < len(citations):
        return None
    return Answer(question, Status(stored.data.get("status", Status.ANSWERED)), stored.text, whole, ())


def citation_of(stored: Stored, number: int, answerer: Answerer) -> Citation | None:
    """The citation shown as `[number]`; None where its quote no longer stands in the article."""
    entries = stored.data["citations"]
    if not 1 <= number <= len(entries):
        return None
    key, start, end, quote, copies = entries[number - 1]
    article = answerer.index.store.article(key)
    if article is None:
        return None
    citation = cite(article, start, end, tuple(copies))
    return citation if citation.quote == quote and checked([citation], {key: article}.get) else None


def _other_outlets(answer: Answer) -> list[str]:
    """Outlets of the best passages beside the one that the answer quotes first, the most frequent first."""
    quoted = answer.citations[0].outlet if answer.citations else None
    near = [p for p in answer.passages[:PASSAGES] if p.score >= NEAR * answer.passages[0].score]
    found = Counter(p.article.outlet for p in near if p.article.outlet != quoted)
    return [name for name, _ in found.most_common() if name]


def _is_recent(answer: Answer) -> bool:
    """Whether some, but not all, of what was found is from the week before the question."""
    asked_at = answer.question.asked_at
    if asked_at is None:
        return False
    dates = [p.article.published for p in answer.passages if p.article.published is not None]
    return len({moment >= asked_at - WEEK for moment in dates}) > 1
