"""A real difference is found, none is invented, and only questions both runs have are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.evaluate.compare import NO_DIFFERENCE, Comparison, Difference, compare
from bot.evaluate.corpus import Corpus
from bot.evaluate.measure import judge
from bot.evaluate.result import measured
from bot.evaluate.testset import Case
from index.errors import QuestionError
from tests.bot.evaluate.conftest import case, said, unanswerable


def run(cases: list[Case], right: np.ndarray | list[bool]) -> dict[str, Any]:
    """A run that answers these right and the others wrong."""
    predictions = {
        c.id: said(c.id, "Budi" if is_right else "x", confidence=0.5 + n / 1000)
        for n, (c, is_right) in enumerate(zip(cases, right, strict=True))
    }
    return {"run": {"testset": "t"}, "questions": [measured(j) for j in judge(cases, predictions, Corpus())]}


def of(comparison: Comparison, metric: str, group: str = "all") -> Difference:
    return next(d for d in comparison.differences if (d.group, d.metric) == (group, metric))


CASES = [case(f"q{n}", quotes=()) for n in range(120)]


def test_a_real_difference_is_shown() -> None:
    """Half right against three quarters right, on the same questions."""
    a, b = [n % 2 == 0 for n in range(120)], [n % 4 != 1 for n in range(120)]
    difference = of(compare(run(CASES, a), run(CASES, b)), "EM")
    assert (0.5, 0.75, 0.25, "better") == (difference.a, difference.b, difference.difference, difference.verdict)
    assert 0 < difference.low < 0.25 < difference.high
    assert difference.p is not None
    assert difference.p < 0.001
    assert "worse" == of(compare(run(CASES, b), run(CASES, a)), "EM").verdict


def test_less_is_better_where_it_is() -> None:
    """Fewer hallucinations are an improvement."""
    cases = [unanswerable(f"u{n}") for n in range(40)]
    a = {c.id: said(c.id) for c in cases}
    b = {c.id: said(c.id, None) for c in cases}
    runs = [
        {"run": {}, "questions": [measured(j) for j in judge(cases, predictions, Corpus())]} for predictions in (a, b)
    ]
    difference = of(compare(*runs), "hallucination rate")
    assert (-1.0, "better") == (difference.difference, difference.verdict)


def test_none_is_invented() -> None:
    """Of 200 pairs of equally good runs about one in twenty may seem to differ, not more."""
    draw = np.random.default_rng(0)
    shown = 0
    for _ in range(200):
        a, b = draw.random((2, 120)) < 0.6
        shown += of(compare(run(CASES, a), run(CASES, b)), "EM").verdict != NO_DIFFERENCE
    assert shown <= 20, "a 5% test, 200 times: more than 20 has a chance of 0.1%"


def test_the_same_run_differs_in_nothing() -> None:
    same = run(CASES, [True, False] * 60)
    comparison = compare(same, same)
    assert {NO_DIFFERENCE} == {d.verdict for d in comparison.differences}
    assert () == comparison.flips
    assert "AURC" in {d.metric for d in comparison.differences}


def test_flips_are_listed() -> None:
    a, b = run(CASES[:3], [True, False, True]), run(CASES[:3], [True, True, False])
    assert [("q1", "wrong", "correct"), ("q2", "correct", "wrong")] == [(f.id, f.a, f.b) for f in compare(a, b).flips]


def test_types_are_compared_too() -> None:
    cases = [case(f"q{n}", quotes=(), type=("number", "reason")[n % 2]) for n in range(40)]
    comparison = compare(run(cases, [False] * 40), run(cases, [n % 2 == 0 for n in range(40)]))
    assert ("better", NO_DIFFERENCE) == (of(comparison, "EM", "number").verdict, of(comparison, "EM", "reason").verdict)


def test_only_common_questions_are_compared() -> None:
    """The same id with another wording is another question."""
    reworded = case("q2", quotes=(), question="Siapa sebenarnya?")
    comparison = compare(run(CASES[:3], [True] * 3), run([CASES[0], CASES[1], reworded, CASES[5]], [False] * 4))
    assert (2, 1, 2) == (comparison.common, comparison.only_a, comparison.only_b)
    assert 2 == of(comparison, "EM").n


def test_nothing_in_common_is_one_line() -> None:
    with pytest.raises(QuestionError, match="without a question in common"):
        compare(run(CASES[:2], [True] * 2), run(CASES[5:7], [True] * 2))
