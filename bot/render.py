"""An answer as text for the terminal and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click

from bot.answer import READER, Answer, Claim, Status, Voice
from bot.citations import Citation
from bot.llm.ledger import Spent
from bot.normalise import SWAPPED
from bot.question import Question
from bot.texts import say
from index.chunk import MONTHS
from index.records import Article, Passage

WIDTH = 88
NEAREST = 3  # articles named after a refusal
AROUND = 300  # characters shown on either side of a quote

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def render(answer: Answer, language: str) -> str:
    """The answer first, then its quotes with outlet and date; or the refusal and what is nearest."""
    match answer.status:
        case Status.NOT_IN_ARTICLES:
            return _refusal(answer, language)
        case Status.CHAT:
            return _wrap(reply(answer, language))
        case Status.DIGEST:
            quotes = [_citation(n, c, language) for n, c in enumerate(answer.citations, 1)]
            return "\n\n".join([click.style(_wrap(digest_heading(answer, language)), bold=True), *quotes])
    head = _head(spoken(answer, language))
    quotes = [_citation(n, c, language) for n, c in enumerate(answer.citations, 1)]
    voice = worded_by(answer.voice, language)
    return "\n\n".join([head, *quotes, *([click.style(voice, dim=True)] if voice else [])])


def render_stream(answers: Iterable[Answer], language: str) -> Iterator[str]:
    """`render` of the last answer in pieces, while those before grow into it.

    Ctrl-C ends it early: what was shown still gets its quotes, then KeyboardInterrupt is raised.
    """
    answer, shown, interrupt = None, "", None
    try:
        for answer in answers:
            head = _head(spoken(answer, language), ends=False) if answer.claims else ""
            if head != shown:
                yield head[len(shown) :]
            shown = head
    except KeyboardInterrupt as error:
        interrupt = error
    if answer is not None:
        yield render(answer, language)[len(shown) :]
    if interrupt:
        raise interrupt


def _head(text: str, *, ends: bool = True) -> str:
    return click.style(_wrap(text), bold=True, reset=ends)


def reply(answer: Answer, language: str) -> str:
    """What is said to small talk, in its own language where that can be told."""
    talk = answer.small_talk
    return say(talk.talk, talk.language or language) if talk else ""


def digest_heading(answer: Answer, language: str) -> str:
    """How many articles on what: 3 berita untuk “banjir Demak”."""
    request = answer.question.request
    key = "digest_about" if request and request.subject else "digest_newest"
    return say(key, language, count=len(answer.citations), subject=request.subject if request else "")


def render_sources(answer: Answer, articles: dict[str, Article], language: str) -> str:
    """Each quote inside its surroundings."""
    return "\n\n".join(_source(n, c, articles[c.article], language) for n, c in enumerate(answer.citations, 1))


def day(moment: datetime | None, language: str) -> str:
    """A date as people write it: 5 September 2025."""
    if moment is None:
        return say("undated", language)
    return written_day(moment, language)


def written_day(day: date, language: str) -> str:
    """A day as people write it."""
    months = MONTHS if language == "id" else _ENGLISH_MONTHS
    return f"{day.day} {months[day.month - 1]} {day.year}"


def byline(outlet: str | None, published: datetime | None, language: str) -> str:
    """Who published it and when: Kabar Nusantara · 5 September 2025."""
    return " · ".join(filter(None, (outlet, day(published, language))))


def spoken(answer: Answer, language: str) -> str:
    """The short answer with its marks; a language model's sentence by sentence."""
    if not answer.claims:
        return f"{answer.text} {marks(answer)}"
    return " ".join(f"{claim.text} {_marks_of(claim, language)}".rstrip() for claim in answer.claims)


def _marks_of(claim: Claim, language: str) -> str:
    if claim.marked:
        return f"[{say('no_evidence', language)}]"
    return "".join(f"[{n}]" for n in claim.citations)


def worded_by(voice: Voice, language: str) -> str:
    """Which language model spoke, or why it did not or no further; "" where there is none."""
    if voice.fallback:
        return say("read_instead", language, why=say(voice.fallback, language))
    if voice.cut:
        return say("stopped", language, model=voice.speaker, why=say(voice.cut, language))
    return "" if voice.speaker == READER else say("worded_by", language, model=voice.speaker)


def marks(answer: Answer) -> str:
    """[1] for the quote that holds the answer, and for every other that says the same words."""
    said = " ".join((answer.text or "").split()).lower()
    numbers = [n for n, c in enumerate(answer.citations, 1) if n == 1 or said in " ".join(c.quote.split()).lower()]
    return "".join(f"[{n}]" for n in numbers)


def nearest(answer: Answer) -> list[Article]:
    """The articles to name where there is no answer, best first."""
    return list({p.article.id: p.article for p in answer.passages}.values())[:NEAREST]


def as_json(answer: Answer, latency_ms: float) -> dict[str, Any]:
    """The whole answer as plain data, for `--json`."""
    return {
        "question": answer.question.text,
        "standalone": answer.question.standalone,
        "rewrite": _rewrite_data(answer.question),
        "rewritten_by": answer.question.rewrite and voice_data(answer.question.rewrite.voice),
        "searched_for": answer.question.search_text,
        "days": answer.question.days and [str(day) for day in answer.question.days],
        "kind": answer.question.kind.value,
        "status": answer.status.value,
        "answer": answer.text,
        "small_talk": answer.small_talk and answer.small_talk.talk.value,
        "refusal": answer.refusal and answer.refusal.value,
        "citations": [_citation_data(c) for c in answer.citations],
        "passages": [_passage_data(p) for p in answer.passages],
        "claims": [{"text": c.text, "citations": list(c.citations), "marked": c.marked} for c in answer.claims],
        "voice": voice_data(answer.voice),
        "latency_ms": round(latency_ms, 1),
    }


def prediction(question_id: str, answer: Answer, latency_ms: float) -> dict[str, Any]:
    """One line of `tanya answer-file`."""
    return {
        "id": question_id,
        "answer": answer.text,
        "refused": answer.status in (Status.NOT_IN_ARTICLES, Status.CHAT),
        "citations": [
            {"article": c.article, "quote": c.quote, "start": c.start, "end": c.end} for c in answer.citations
        ],
        "retrieved": answer.retrieved,
        "latency_ms": round(latency_ms, 1),
        "confidence": answer.confidence and round(answer.confidence, 4),
        "stages": {stage: round(milliseconds, 2) for stage, milliseconds in answer.stages.items()},
        "voice": voice_data(answer.voice),
    }


def voice_data(voice: Voice) -> dict[str, Any]:
    """Who spoke and what it took, as plain data."""
    return {**asdict(voice), "fallback": voice.fallback and voice.fallback.value, "cut": voice.cut and voice.cut.value}


def spent(total: Spent, language: str) -> str:
    """A model's calls, tokens of prompts and of replies (≈ where some are estimated), and cost, in one line."""
    line = say(
        "spent", language, model=total.model, calls=_number(total.calls, language), about="≈" * bool(total.estimated),
        prompt=_number(total.prompt_tokens, language), completion=_number(total.completion_tokens, language),
    )  # fmt: skip
    if total.cost is None:
        return line
    return line + say("spent_cost", language, cost=_number(total.cost, language, ",.4f"))


def _number(value: float, language: str, form: str = ",") -> str:
    """As people write it: 1,234.5 or, in Indonesian, 1.234,5."""
    figure = format(value, form)
    return figure.translate(SWAPPED) if language == "id" else figure


def _refusal(answer: Answer, language: str) -> str:
    lines = [click.style(say("not_in_articles", language), bold=True)]
    if answer.refusal:
        lines.append(say(answer.refusal, language))
    if articles := nearest(answer):
        lines += ["", say("nearest", language)]
        lines += [f"  - {a.title or a.id} ({byline(a.outlet, a.published, language)})" for a in articles]
    return "\n".join(lines)


def _citation(number: int, citation: Citation, language: str) -> str:
    lines = [_wrap(f"“{' '.join(citation.quote.split())}”", f"[{number}] ")]
    source = byline(citation.outlet, citation.published, language)
    lines.append(click.style(_wrap(f"{source} · {citation.title or citation.article}", "    "), fg="cyan"))
    if citation.link:
        lines.append(click.style(f"    {citation.link}", dim=True))
    if citation.copies:
        copies = say("copies", language, copies=", ".join(citation.copies))
        lines.append(click.style(_wrap(copies, "    "), dim=True))
    return "\n".join(lines)


def _source(number: int, citation: Citation, article: Article, language: str) -> str:
    before = article.text[max(0, citation.start - AROUND) : citation.start]
    after = article.text[citation.end : citation.end + AROUND]
    quote = click.style(citation.quote, bold=True)
    cut = ("… " if citation.start > AROUND else "", " …" if citation.end + AROUND < len(article.text) else "")
    title = click.style(f"[{number}] {article.title or article.id}", bold=True)
    source = click.style(byline(article.outlet, article.published, language), fg="cyan")
    return f"{title}\n{source}\n{cut[0]}{before}{quote}{after}{cut[1]}"


def _wrap(text: str, head: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


def _rewrite_data(question: Question) -> list[dict[str, str]] | None:
    """What was filled in to make the question stand alone; `said` is "" for the topic put behind."""
    if question.rewrite is None:
        return None
    return [{"said": r.said, "meant": r.meant} for r in question.rewrite.resolved]


def _citation_data(citation: Citation) -> dict[str, Any]:
    return {
        "article": citation.article,
        "title": citation.title,
        "outlet": citation.outlet,
        "published": citation.published and citation.published.isoformat(),
        "url": citation.url,
        "link": citation.link,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "copies": list(citation.copies),
    }


def _passage_data(passage: Passage) -> dict[str, Any]:
    return {
        "article": passage.article.id,
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "score": round(passage.score, 4),
        "dense": passage.dense and round(passage.dense, 4),
        "lexical": passage.lexical and round(passage.lexical, 4),
        "copies": list(passage.copies),
    }
