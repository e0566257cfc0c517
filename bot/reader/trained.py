"""Passages to an answer by the trained model: the span it points at, or a refusal when none is likely enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.answer import Refusal
from bot.kind import Kind
from bot.question import Question
from bot.rank import Sentence, SentenceRanker, merged
from bot.read import PASSAGES, QUOTES, Reading
from bot.reader.combine import Calibration, Candidate, Risk
from bot.reader.decode import Found
from bot.reader.model import Judged, Text
from bot.spans import candidates
from index.build import NewsIndex
from index.chunk import context_of
from index.lexical import query_terms
from index.records import Passage, Span

READ = 5  # passages for one question; three more gain 0.002 of F1 and AUC on validation, and cost half as much again
FIRST = 3  # passages read before the rest, which are left when the answer is sure
SURE = 0.6  # probability from which it is; so are a quarter of the questions, 83% of them rightly
KEPT = 0.55  # share of the best sentence's score from which a further one is quoted
SUPPORTING = 0.0  # margin from which the same answer elsewhere counts
NAMED_KINDS = {Kind.NUMBER, Kind.DATE, Kind.PERSON, Kind.PLACE, Kind.NAME}  # whose answers look like it


@dataclass(frozen=True, slots=True)
class _Span:
    passage: Passage
    sentence: Sentence
    judged: Judged
    found: Found

    @property
    def span(self) -> Span:
        """Offsets in the article."""
        start = self.passage.chunk.start
        return readable(
            self.passage.article.text, Span(start + self.found.span.start, start + self.found.span.end)
        )  # fmt: skip

    @property
    def terms(self) -> frozenset[str]:
        return frozenset(query_terms(self.passage.article.text[self.span.start : self.span.end]))


class SpanModel(Protocol):
    """What says of passages where they answer: `ReaderModel`."""

    def read(self, question: str, texts: Sequence[Text]) -> list[Judged]: ...


class TrainedReader:
    """Points at the answer's span, with a calibrated probability below which it refuses."""

    def __init__(
        self,
        index: NewsIndex,
        model: SpanModel,
        calibration: Calibration,
        risk: Risk = Risk.BALANCED,
        quotes: int = QUOTES,
    ) -> None:
        self._ranker = SentenceRanker(index)
        self._model = model
        self._calibration = calibration
        self._risk = risk
        self._quotes = quotes

    def over(self, index: NewsIndex) -> TrainedReader:
        return TrainedReader(index, self._model, self._calibration, self._risk, self._quotes)

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        passages = passages[:PASSAGES]
        if not passages or (question.language == "id" and not any(p.lexical for p in passages)):
            return Reading((), refusal=Refusal.NOTHING_FOUND)
        sentences = self._ranker.rank(question, passages)
        found = self.candidates(question, passages, sentences)
        if not found:
            return Reading((), refusal=Refusal.UNSURE)
        probability, best = found[0]
        answerable = self._calibration.answerable.probability(best.values)
        if answerable < self._calibration.thresholds[self._risk]:
            return Reading((), refusal=Refusal.UNSURE)
        # A name that no article has may be one that they spell otherwise: what is sure all the same is answered.
        if answerable < self._calibration.thresholds[Risk.CAUTIOUS] and self._ranker.names_a_stranger(question):
            return Reading((), refusal=Refusal.NO_SUCH_NAME)
        return Reading(tuple(merged(_quotes(sentences, found), self._quotes)), best.span, confidence=probability)

    def candidates(
        self, question: Question, passages: Sequence[Passage], sentences: Sequence[Sentence]
    ) -> list[tuple[float, Candidate]]:
        """The possible answers in the passages with their probabilities, likeliest first.

        `sentences` are the passages' sentences as the ranker has them.
        """
        spans: list[_Span] = []
        rated: list[tuple[float, Candidate]] = []
        for part in (passages[:FIRST], passages[FIRST:READ]):
            spans += self._spans(question, part, sentences)
            rated = [
                (self._calibration.right.probability(c.values), c) for c in _candidates(question, spans, sentences)
            ]
            rated.sort(key=lambda pair: -pair[0])
            if rated and rated[0][0] >= SURE:
                break
        return rated

    def _spans(self, question: Question, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> list[_Span]:
        judged = self._model.read(question.search_text, [_text(p) for p in passages])
        places = {(s.passage.chunk_id, s.span): s for s in sentences}
        spans = []
        for passage, one in zip(passages, judged, strict=True):
            for found in one.found:
                sentence = _around(passage, found, places)
                if sentence is not None:
                    spans.append(_Span(passage, sentence, one, found))
        return spans


def readable(text: str, span: Span) -> Span:
    """The span, widened to the ends of the words it cuts, without brackets or quotation marks around it all."""
    start, end = span.start, span.end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    if end - start > len("()") and text[start] + text[end - 1] in ("()", "[]", '""', "“”", "‘’"):
        return Span(start + 1, end - 1)
    return Span(start, end)


def _text(passage: Passage) -> Text:
    article, chunk = passage.article, passage.chunk
    return Text(article.text[chunk.start : chunk.end], context_of(article))


def _around(passage: Passage, found: Found, places: Mapping[tuple[int, Span], Sentence]) -> Sentence | None:
    """The sentence that holds a span, or the run of sentences; None where a copy of it ranks elsewhere."""
    answer = Span(passage.chunk.start + found.span.start, passage.chunk.start + found.span.end)
    inside = [places.get((passage.chunk_id, s)) for s in passage.chunk.sentences if s.overlaps(answer)]
    known = [s for s in inside if s is not None]
    if not known or len(known) < len(inside):
        return None
    whole = Span(known[0].span.start, known[-1].span.end)
    text = passage.article.text[whole.start : whole.end]
    return replace(max(known, key=lambda s: s.score), span=whole, text=text)


def _candidates(question: Question, spans: Sequence[_Span], sentences: Sequence[Sentence]) -> list[Candidate]:
    best = sentences[0].score if sentences else 1.0
    terms = [one.terms for one in spans]
    made = []
    for one, said in zip(spans, terms, strict=True):
        others = {
            other.passage.article.id for other, theirs in zip(spans, terms, strict=True)
            if other.found.margin > SUPPORTING and theirs == said
        } - {one.passage.article.id}  # fmt: skip
        values = (
            one.found.margin, one.found.share, one.judged.relevance, one.passage.score,
            one.sentence.score / best, float(_of_kind(question, one)), float(min(len(others), 3)),
        )  # fmt: skip
        made.append(Candidate(one.passage, one.span, values))
    return made


def _of_kind(question: Question, one: _Span) -> bool:
    if question.kind not in NAMED_KINDS:
        return True
    start = one.sentence.span.start
    spans = candidates(one.sentence.text, question.kind, question.written_out)
    return any(Span(start + s.start, start + s.end).overlaps(one.span) for s in spans)


def _quotes(sentences: Sequence[Sentence], found: Sequence[tuple[float, Candidate]]) -> list[Sentence]:
    """The answer's sentence, then those that rank high or hold a likely answer too."""
    _, best = found[0]
    top = sentences[0].score

    def holds(sentence: Sentence, candidate: Candidate) -> bool:
        same = sentence.passage.chunk_id == candidate.passage.chunk_id
        return same and sentence.span.overlaps(candidate.span)

    scored = [
        replace(s, score=s.score / top + max((p for p, c in found if holds(s, c)), default=0.0)) for s in sentences
    ]
    scored.sort(key=lambda s: -s.score)
    inside = [s for s in scored if holds(s, best)]
    whole = Span(min(s.span.start for s in inside), max(s.span.end for s in inside))
    first = replace(inside[0], span=whole, text=best.passage.article.text[whole.start : whole.end])
    return [first, *(s for s in scored if s not in inside and s.score >= KEPT)]
