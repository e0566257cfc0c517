"""Whether a test set can be trusted: what is wrong in it, record by record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answer_file import read_lines
from bot.evaluate.answers import contains
from bot.evaluate.corpus import Corpus
from bot.evaluate.formats import read_testset, to_case
from bot.evaluate.testset import Case, Mode
from bot.normalise import fold
from bot.question import understand
from index.build import NewsIndex
from index.errors import QuestionError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend, or, where `is_doubt`, to look at: where and what, each in one line."""

    where: str
    what: str
    is_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """The questions that can be read, and everything found."""

    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        return all(finding.is_doubt for finding in self.findings)


def check_questions(path: Path, index: NewsIndex) -> Checked:
    """Check schema, quotes, duplicates and answers; every finding, not only the first.

    Raises `QuestionError` for a file that cannot be read at all.
    """
    if path.suffix.lower() == ".jsonl":
        cases, findings = _readable(path)
    else:
        testset = read_testset(path)
        cases, findings = list(testset.cases), []
        if testset.mode is Mode.RETRIEVAL:
            return Checked(testset.cases, ())
    corpus = Corpus.of_index(index, cases, ())
    findings += _duplicates(cases)
    findings += [finding for case in cases for finding in check_case(case, corpus.of_case(case))]
    return Checked(tuple(cases), tuple(findings))


def _readable(path: Path) -> tuple[list[Case], list[Finding]]:
    cases, findings = [], []
    for line in read_lines(path):
        try:
            if isinstance(line, QuestionError):
                raise line
            cases.append(to_case(line))
        except QuestionError as error:
            where, _, what = str(error).partition(": ")
            findings.append(Finding(where, what))
    return cases, findings


def _duplicates(cases: Sequence[Case]) -> Iterator[Finding]:
    """The same id twice is wrong; the same question twice counts twice."""
    ids: dict[str, str] = {}
    questions: dict[tuple[object, ...], str] = {}
    for case in cases:
        where = case.record.where
        if (first := ids.setdefault(case.id, where)) != where:
            yield Finding(where, f"got the id {case.id!r} again, first in {first}; expected each once; rename one")
        asked = (fold(case.record.question).lower(), case.record.history, case.record.passages, case.record.asked_at)
        if (first := questions.setdefault(asked, where)) != where:
            yield Finding(where, f"got the question of {first} again; expected each once; remove one")
    for case in cases:
        if case.twin is not None and case.twin not in ids:
            yield Finding(case.record.where, f"twin: got {case.twin!r}; expected the id of a question here; mend it")


def check_case(case: Case, corpus: Corpus) -> Iterator[Finding]:
    """What is wrong with one question that can be read."""
    where = case.record.where
    try:
        understand(case.record.question)
    except QuestionError as error:
        yield Finding(where, str(error))
    for n, evidence in enumerate(case.evidence, 1):
        located = corpus.locate(evidence)
        if located is None:
            yield Finding(
                where, f"evidence {n}: got the article {evidence.article!r}, which is not in the index; add it, or mend"
            )
        elif evidence.quote and not located.is_there:
            yield Finding(
                where, f"evidence {n}: got a quote that does not stand in {evidence.article}; copy it exactly"
            )
    if case.answerable and not case.answers:
        yield Finding(where, "answers: got none; expected one at least to compare with", is_doubt=True)
    quotes = " ".join(e.quote for e in case.evidence)
    if case.answers and quotes and not any(contains(quotes, [answer]) for answer in case.answers):
        yield Finding(
            where,
            f"answers: got {case.answers[0]!r:.60}, which does not occur in the evidence; look at it",
            is_doubt=True,
        )
    if not case.answerable and case.evidence:
        yield Finding(where, "evidence: got some for a question without an answer; look at it", is_doubt=True)
