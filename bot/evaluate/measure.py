"""One question with what was predicted for it: its outcome, and its part in every metric.

A part is (numerator, denominator); a metric over questions is the sum of the numerators over
the sum of the denominators, so a mean has 1 below and a rate such as "quotes verbatim" the
number of quotes. A metric that says nothing about a question has no part of it. A question
that failed counts as wrong wherever it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.evaluate.answers import contains, exact_match, squad_accepted, squad_normalised, token_f1
from bot.evaluate.corpus import Corpus
from bot.evaluate.predictions import MISSING, Prediction
from bot.evaluate.testset import Case, Mode
from bot.normalise import normalised

CITATIONS = 3  # of an answer that count as shown to a reader
DEPTHS = (1, 5, 10)
DEPTH = DEPTHS[-1]  # retrieved articles that are looked at

Parts = Mapping[str, tuple[float, float]]


class Outcome(StrEnum):
    """What became of a question."""

    CORRECT = "correct"  # an accepted answer is contained
    PARTLY = "partly"  # some words of one are
    WRONG = "wrong"
    REFUSED_WRONGLY = "refused_wrongly"
    HALLUCINATED = "hallucinated"  # answered though nothing answers it
    REFUSED_RIGHTLY = "refused_rightly"
    FAILED = "failed"

    @property
    def right(self) -> bool:
        return self in (Outcome.CORRECT, Outcome.REFUSED_RIGHTLY)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, its prediction, and what they are worth.

    `supported` says for each citation whether it overlaps gold evidence; `relevant` for each
    of the first ten retrieved articles whether it is a gold one or a copy.
    """

    case: Case
    prediction: Prediction
    outcome: Outcome
    parts: Parts
    supported: tuple[bool, ...]
    relevant: tuple[bool, ...]
    flags: tuple[str, ...]


def judge(
    cases: Sequence[Case], predictions: Mapping[str, Prediction], corpus: Corpus, mode: Mode = Mode.FULL
) -> list[Judged]:
    """Every case judged; one without a prediction failed."""
    chosen = [predictions.get(case.id) or Prediction(case.id, None, error=MISSING) for case in cases]
    ranked = _retrieval(cases, chosen, corpus) if mode is not Mode.READER else {}
    return [
        _judge(case, p, corpus.of_case(case), ranked.get(case.id, {}), mode)
        for case, p in zip(cases, chosen, strict=True)
    ]


def _judge(case: Case, prediction: Prediction, corpus: Corpus, ranked: Parts, mode: Mode) -> Judged:
    gold = _gold(case, corpus)
    relevant = tuple(corpus.key(i) in gold for i in prediction.retrieved[:DEPTH])
    if mode is Mode.RETRIEVAL:
        outcome = _found(prediction, any(relevant))
        return Judged(case, prediction, outcome, ranked, (), relevant, ())
    gold_quotes = [corpus.locate(e) for e in case.evidence]
    covered = [
        [bool(cited and quote and cited.overlaps(quote)) for quote in gold_quotes]
        for cited in map(corpus.locate, prediction.citations)
    ]
    verbatim = [corpus.is_verbatim(c) for c in prediction.citations]
    supported = tuple(map(any, covered))
    answered = _answer_parts(case, prediction)
    outcome = _outcome(case, prediction, answered)
    parts = {
        **ranked,
        **answered,
        **_citation_parts(case, prediction, covered, verbatim),
        **_abstention_parts(case, prediction),
    }
    flags = {
        "failed": prediction.failed,
        "no_citation": prediction.answer is not None and not prediction.citations,
        "not_verbatim": not all(verbatim),
        "citation_off": prediction.answer is not None and _quoted(case) and not any(supported[:CITATIONS]),
        "not_retrieved": bool(ranked) and not any(relevant),
    }
    return Judged(
        case, prediction, outcome, parts, supported, relevant, tuple(f for f, is_so in flags.items() if is_so)
    )


def _found(prediction: Prediction, found: bool) -> Outcome:
    if prediction.failed:
        return Outcome.FAILED
    return Outcome.CORRECT if found else Outcome.WRONG


def _outcome(case: Case, prediction: Prediction, answered: Parts) -> Outcome:
    if prediction.failed:
        return Outcome.FAILED
    if prediction.answer is None:
        return Outcome.REFUSED_WRONGLY if case.answerable else Outcome.REFUSED_RIGHTLY
    if not case.answerable:
        return Outcome.HALLUCINATED
    contained, shared = (answered.get(metric, (0.0, 1.0))[0] for metric in ("contains", "F1"))
    if contained:
        return Outcome.CORRECT
    return Outcome.PARTLY if shared else Outcome.WRONG


# -- retrieval -------------------------------------------------------------------------------


def _gold(case: Case, corpus: Corpus) -> dict[str, int]:
    """Key of each gold article -> how relevant it is."""
    return dict(case.relevance) or {corpus.key(e.article): 1 for e in case.evidence}


def _retrieval(cases: Sequence[Case], predictions: Sequence[Prediction], corpus: Corpus) -> Mapping[str, Parts]:
    """The parts of the retrieval metrics, computed by ir-measures, for the cases that have gold articles.

    `R@k` of a question with evidence asks whether an evidence article is among the first k
    (ir-measures' Success; several articles telling it are alternatives), of one with graded
    documents for the share of them (BEIR's recall). Only the first ten articles count.
    """
    from ir_measures import RR, R, Success, nDCG

    gold = {c.id: found for c in cases if c.record.passages is None and (found := _gold(c, corpus))}
    run = {
        p.id: {document: -float(rank) for rank, document in enumerate(_ranked(p.retrieved[:DEPTH], corpus))}
        for p in predictions
        if p.id in gold
    }
    graded = {c.id for c in cases if c.relevance}
    alike = {i: found for i, found in gold.items() if i not in graded}
    several = {i: found for i, found in alike.items() if len(found) > 1}
    wanted: list[tuple[str, Any, Mapping[str, Any]]] = [
        *((f"R@{k}", Success @ k, alike) for k in DEPTHS),
        *((f"R@{k}", R @ k, {i: gold[i] for i in graded}) for k in DEPTHS),
        (f"MRR@{DEPTH}", RR, gold),
        (f"nDCG@{DEPTH}", nDCG @ DEPTH, gold),
        (f"all-evidence R@{DEPTH}", R @ DEPTH, several),
    ]
    parts: dict[str, dict[str, tuple[float, float]]] = {i: {} for i in gold}
    for name, measure, questions in wanted:
        for measured in measure.iter_calc(questions, {i: run[i] for i in questions}) if questions else ():
            whole = measured.value == 1.0 if questions is several else measured.value
            parts[measured.query_id][name] = (float(whole), 1.0)
    return parts


def _ranked(retrieved: Iterable[str], corpus: Corpus) -> list[str]:
    """The keys of the retrieved articles; a second copy keeps its place but is no find."""
    seen: set[str] = set()
    ranked = []
    for article in retrieved:
        key = corpus.key(article)
        ranked.append(f"{article} again" if key in seen else key)
        seen.add(key)
    return ranked


# -- answers, citations, abstention ----------------------------------------------------------


def _answer_parts(case: Case, prediction: Prediction) -> Parts:
    said = prediction.answer or ""
    accepted = squad_accepted(case.answers)
    squad = {
        "SQuAD EM": exact_match(said, accepted, squad_normalised),
        "SQuAD F1": token_f1(said, accepted, squad_normalised),
    }
    ours = {
        "EM": exact_match(said, case.answers, normalised),
        "F1": token_f1(said, case.answers, normalised),
        "contains": contains(said, case.answers),
    }
    scores = (ours if case.answers else {}) | (squad if case.answers or not case.answerable else {})
    return {metric: (0.0 if prediction.failed else score, 1.0) for metric, score in scores.items()}


def _quoted(case: Case) -> bool:
    return any(e.quote for e in case.evidence)


def _citation_parts(
    case: Case, prediction: Prediction, covered: Sequence[Sequence[bool]], verbatim: Sequence[bool]
) -> Parts:
    parts: dict[str, tuple[float, float]] = {}
    if prediction.answer is not None:
        parts["answered with citation"] = (float(bool(covered)), 1.0)
        if covered:
            parts["quotes verbatim"] = (sum(verbatim), len(verbatim))
    if not _quoted(case):
        return parts
    quotes = [n for n, e in enumerate(case.evidence) if e.quote]
    shown = covered if prediction.answer is not None else []
    parts["evidence overlap"] = (float(any(map(any, shown[:CITATIONS]))), 1.0)
    parts["citation recall"] = (sum(any(row[n] for row in shown) for n in quotes) / len(quotes), 1.0)
    if shown:
        parts["citation precision"] = (sum(map(any, shown)) / len(shown), 1.0)
        parts["unnecessary citations"] = (_unnecessary(shown) / len(shown), 1.0)
    return parts


def _unnecessary(covered: Sequence[Sequence[bool]]) -> int:
    """Citations that cover no piece of evidence which none before them covers."""
    seen: set[int] = set()
    count = 0
    for row in covered:
        new = {n for n, is_covered in enumerate(row) if is_covered} - seen
        count += not new
        seen |= new
    return count


def _abstention_parts(case: Case, prediction: Prediction) -> Parts:
    """Refusing as a decision, the unanswerable being the positive class; rates as NoMIRACL has them.

    Thakur et al. 2024: hallucination rate = answered / unanswerable, error rate = refused / answerable.
    """
    refused, answerable = float(prediction.refused), case.answerable
    hit = refused if not answerable else 0.0
    parts: dict[str, tuple[float, float]] = {"abstention F1": (2 * hit, refused + (not answerable))}
    if refused:
        parts["abstention precision"] = (hit, 1.0)
    if answerable:
        parts["error rate"] = (float(prediction.answer is None), 1.0)
    else:
        parts["abstention recall"] = (hit, 1.0)
        parts["hallucination rate"] = (1.0 - hit, 1.0)
    return parts
