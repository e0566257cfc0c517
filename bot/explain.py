"""Why an answer is what it is: how the question was understood, what was searched for, what was read."""

from __future__ import annotations

import textwrap
from datetime import date

from bot.answer import Answer
from bot.read import PASSAGES
from bot.render import WIDTH, byline, written_day
from bot.texts import say
from bot.voice import RULES, Voice
from index.records import Filters


def explain(answer: Answer, language: str) -> str:
    """One line for each step, then the passages that were read."""
    question = answer.question
    rows = [("why_understood", question.standalone)]
    if question.rewrite:
        filled = [f"{r.said} = {r.meant}" if r.said else r.meant for r in question.rewrite.resolved if r.meant]
        rows += [("why_filled", "; ".join(filled))] if filled else []
        rows.append(("why_rewritten", _writer(question.rewrite.voice, language)))
    asks = say("why_digest" if question.request else question.kind, language)
    rows.append(("why_asks", asks))
    rows.append(("why_days", _days(question.days, language)))
    rows += [("why_filters", _filters(question.filters, language))] if question.filters else []
    searched = question.request.subject if question.request else question.search_text
    rows.append(("why_searched", searched or say("latest", language)))
    rows.append(("why_outcome", say(answer.refusal or answer.status, language, quotes=len(answer.citations))))
    lines = [_row(say(key, language), value) for key, value in rows]
    return "\n".join([*lines, *_passages(answer, language)])


def _writer(voice: Voice, language: str) -> str:
    if voice.fallback:
        return say("rules_instead", language, why=say(voice.fallback, language))
    return say("rules", language) if voice.speaker == RULES else voice.speaker


def _days(days: tuple[date, date] | None, language: str) -> str:
    if days is None:
        return say("why_any_day", language)
    first, last = (written_day(day, language) for day in days)
    return first if first == last else f"{first} – {last}"


def _filters(filters: Filters, language: str) -> str:
    days = [f"{sign} {written_day(day, language)}" for sign, day in (("≥", filters.since), ("≤", filters.until)) if day]
    return ", ".join([*days, *filter(None, (filters.outlet, filters.section))])


def _passages(answer: Answer, language: str) -> list[str]:
    quoted = {citation.article for citation in answer.citations}
    read = answer.passages[:PASSAGES]
    if not read:
        return []
    lines = [
        f"  {'*' if p.article.id in quoted else '-'} {p.score:.2f} {p.article.title or p.article.id}"
        f" ({byline(p.article.outlet, p.article.published, language)})"
        for p in read
    ]
    return ["", say("why_read", language), *lines]


def _row(label: str, value: str) -> str:
    return textwrap.fill(
        " ".join(value.split()), WIDTH, initial_indent=f"{label:16}", subsequent_indent=" " * 16, break_on_hyphens=False
    )
