"""Question to answer: retrieve, read, check every quote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.answer import Answer, Refusal, Status
from bot.citations import checked, cite
from bot.question import Question, Turn, understand
from bot.read import Evidence, Reader, Reading
from index.build import NewsIndex
from index.records import ANYTHING, Filters, Passage, Span
from index.retrieve import Query

DEPTH = 30  # passages retrieved: enough for ten different articles


class Answerer:
    """Answers questions from one index with one reader."""

    def __init__(self, index: NewsIndex, reader: Reader) -> None:
        self.index = index
        self._reader = reader

    def ask(
        self,
        text: str,
        *,
        asked_at: datetime | None = None,
        history: Sequence[Turn] = (),
        follow_up: bool | None = None,
        filters: Filters = ANYTHING,
        carried: Sequence[str] = (),
    ) -> Answer:
        """The answer, with its citations, or an honest refusal; raises `QuestionError`.

        `carried` are ids of articles that a question which leans on `history` is about.
        """
        question = understand(text, asked_at=asked_at, history=history, follow_up=follow_up, filters=filters)
        carried = tuple(carried) if question.context else ()
        passages = self.index.search(Query(question.search_text, filters, question.days, carried), DEPTH)
        return self._answer(question, passages, self._reader.read(question, passages))

    def _answer(self, question: Question, passages: Sequence[Passage], reading: Reading) -> Answer:
        if not reading.evidence:
            return Answer.refused(question, passages, reading.refusal or Refusal.NOTHING_FOUND)
        proposed = [cite(e.passage.article, e.span.start, e.span.end, e.passage.copies) for e in reading.evidence]
        citations = checked(proposed, self.index.store.article)
        if not citations or citations[0] != proposed[0]:
            # The quote that holds the answer is gone: whatever else stands does not carry it.
            return Answer.refused(question, passages, Refusal.QUOTES_FAILED)
        text = _answer_text(reading.evidence[0], reading.answer)
        return Answer(question, Status.ANSWERED, text, tuple(citations), tuple(passages))


def _answer_text(evidence: Evidence, answer: Span | None) -> str:
    span = answer or evidence.span
    return " ".join(evidence.passage.article.text[span.start : span.end].split())
