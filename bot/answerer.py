"""Question to answer: retrieve, read, check every quote."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.answer import Answer, Claim, Fallback, Refusal, Status, Voice
from bot.citations import Citation, checked, cite
from bot.conversation.smalltalk import small_talk
from bot.conversation.standalone import Rewriter, says_nothing, stand_alone
from bot.digest import BULLETS, Digest
from bot.llm.judge import Written
from bot.llm.writer import Verdict
from bot.question import Question, Turn, understand
from bot.rank import Evidence
from bot.read import Reader, Reading
from index.build import NewsIndex
from index.records import ANYTHING, Filters, Passage, Span
from index.retrieve import Query

DEPTH = 30  # passages retrieved: enough for ten different articles


class Stopwatch:
    """Milliseconds of one stage after another."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """What ran since the last lap was this stage."""
        now = time.perf_counter()
        self.stages[stage] = (now - self._last) * 1000
        self._last = now


class Writing(Protocol):
    """Words an answer out of passages that a reader found one in."""

    deadline: float  # seconds for the whole answer

    @property
    def name(self) -> str: ...

    def stream(
        self,
        question: Question,
        passages: Sequence[Passage],
        reading: Reading,
        until: float,
        stands: Callable[[Sequence[Evidence]], bool],
    ) -> Iterator[Written | Verdict]: ...


class Answerer:
    """Answers questions from one index with one reader, and a language model where there is one.

    `rewriter` writes follow-ups out; a digest has `bullets`.
    """

    def __init__(
        self,
        index: NewsIndex,
        reader: Reader,
        writer: Writing | None = None,
        rewriter: Rewriter = stand_alone,
        bullets: int = BULLETS,
    ) -> None:
        self.index = index
        self.writer = writer
        self._reader = reader
        self._rewriter = rewriter
        self._bullets = bullets
        self._digest = Digest(index, bullets)

    def over(self, index: NewsIndex) -> Answerer:
        """The same answerer over another index."""
        return Answerer(index, self._reader.over(index), self.writer, self._rewriter, self._bullets)

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
        *_, answer = self.stream(
            text, asked_at=asked_at, history=history, follow_up=follow_up, filters=filters, carried=carried
        )
        return answer

    def stream(
        self,
        text: str,
        *,
        asked_at: datetime | None = None,
        history: Sequence[Turn] = (),
        follow_up: bool | None = None,
        filters: Filters = ANYTHING,
        carried: Sequence[str] = (),
    ) -> Iterator[Answer]:
        """What `ask` gives; before it, where a language model words it, the answer as far as it goes.

        Each begins with the claims and citations of the one before: nothing is taken back.
        """
        if (talk := small_talk(text)) is not None:
            yield Answer.chat(text, talk)
            return
        started = time.monotonic()
        watch = Stopwatch()
        question = understand(
            text, asked_at=asked_at, history=history, follow_up=follow_up, filters=filters, rewriter=self._rewriter
        )
        watch.lap("understand")
        if question.request is not None:
            answer = self._digested(question)
            watch.lap("digest")
            yield replace(answer, stages=watch.stages)
            return
        if not question.context and says_nothing(question.written_out):
            yield Answer.refused(question, (), Refusal.SAYS_NOTHING)
            return
        passages = self.retrieve(question, watch, carried)
        reading = self._reader.read(question, passages)
        watch.lap("read")
        if self.writer is None or not reading.evidence:  # what the reader is sure is not there, nobody makes up
            answer = self._read(question, passages, reading)
            watch.lap("check")
        else:
            answer = yield from self._written(question, passages, reading, self.writer, started)
            watch.lap("write")
        yield _with_rewriting(replace(answer, stages=watch.stages))

    def retrieve(self, question: Question, watch: Stopwatch, carried: Sequence[str] = ()) -> list[Passage]:
        """The passages an answer is looked for in, best first."""
        self.index.retriever.embed(question.search_text)  # which the search and the reader find cached
        watch.lap("embed")
        carried = tuple(carried) if question.context else ()
        query = Query(question.search_text, question.filters, question.days, carried)
        passages = self.index.search(query, DEPTH)
        watch.lap("retrieve")
        return passages

    def _digested(self, question: Question) -> Answer:
        proposed, passages = self._digest.quotes(question)
        citations = checked(proposed, self.index.store.article)
        if not citations:
            refusal = Refusal.QUOTES_FAILED if proposed else Refusal.NOTHING_FOUND
            return Answer.refused(question, passages, refusal)
        text = "\n".join(" ".join(citation.quote.split()) for citation in citations)
        return Answer(question, Status.DIGEST, text, tuple(citations), tuple(passages))

    def _written(
        self, question: Question, passages: Sequence[Passage], reading: Reading, writer: Writing, started: float
    ) -> Generator[Answer, None, Answer]:
        """The model's answer, sentence by sentence; where it has none, what the reader found."""
        claims: list[Claim] = []
        cited: list[Citation] = []

        def so_far(voice: Voice) -> Answer:
            return Answer(
                question, Status.ANSWERED, " ".join(c.text for c in claims), tuple(cited), tuple(passages),
                confidence=_confidence(reading), claims=tuple(claims), voice=voice,
            )  # fmt: skip

        for piece in writer.stream(question, passages, reading, started + writer.deadline, self._stands):
            if isinstance(piece, Written):
                claims.append(Claim(piece.claim.text, _numbered(piece.evidence, cited), piece.marked))
                yield so_far(Voice(writer.name, cut=Fallback.UNFINISHED))
            elif claims:
                _numbered(piece.beside[: max(0, len(reading.evidence) - len(cited))], cited)
                return so_far(piece.voice)
            elif piece.abstains:
                return replace(Answer.refused(question, passages, Refusal.MODEL_ABSTAINED), voice=piece.voice)
            else:
                return replace(self._read(question, passages, reading), voice=piece.voice)
        raise AssertionError("a writer ends with its verdict")

    def _stands(self, evidence: Sequence[Evidence]) -> bool:
        """Whether every quote passes the gate."""
        proposed = list(map(_citation, evidence))
        return checked(proposed, self.index.store.article) == proposed

    def _read(self, question: Question, passages: Sequence[Passage], reading: Reading) -> Answer:
        if not reading.evidence:
            return Answer.refused(question, passages, reading.refusal or Refusal.NOTHING_FOUND)
        proposed = list(map(_citation, reading.evidence))
        citations = checked(proposed, self.index.store.article)
        if not citations or citations[0] != proposed[0]:
            # The quote that holds the answer is gone: whatever else stands does not carry it.
            return Answer.refused(question, passages, Refusal.QUOTES_FAILED)
        text = _answer_text(reading.evidence[0], reading.answer)
        return Answer(
            question, Status.ANSWERED, text, tuple(citations), tuple(passages), confidence=_confidence(reading)
        )


def _with_rewriting(answer: Answer) -> Answer:
    """The answer with what writing its question out took on its bill."""
    rewrite = answer.question.rewrite
    return replace(answer, voice=answer.voice.paying(rewrite.voice)) if rewrite else answer


def _numbered(evidence: Iterable[Evidence], cited: list[Citation]) -> tuple[int, ...]:
    """The numbers of the evidence's quotes, from 1 as they are first `cited`, where new ones are added."""
    quotes = list(map(_citation, evidence))
    cited += [quote for quote in quotes if quote not in cited]
    return tuple(cited.index(quote) + 1 for quote in quotes)


def _citation(evidence: Evidence) -> Citation:
    passage, span = evidence.passage, evidence.span
    return cite(passage.article, span.start, span.end, passage.copies)


def _confidence(reading: Reading) -> float:
    return reading.evidence[0].score if reading.confidence is None else reading.confidence


def _answer_text(evidence: Evidence, answer: Span | None) -> str:
    span = answer or evidence.span
    return " ".join(evidence.passage.article.text[span.start : span.end].split())
