"""What language models took: counted once, by every process, and never at an answer's cost."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from bot.llm import ledger as ledgers
from bot.llm.cache import Remembering
from bot.llm.circuit import Guarded
from bot.llm.errors import LlmError, LlmFailed
from bot.llm.ledger import Ledger, Spent
from bot.llm.meter import Metered
from bot.llm.model import Model, Usage
from bot.llm.writer import Prices
from bot.render import spent
from index.errors import TanyaError
from tests.llm.conftest import QUESTION, MakeAnswerer, ScriptedModel

TRUE = "Sebanyak 1.240 warga mengungsi ke balai desa [1]."
PRICES = Prices(10, 50)  # 100 + 20 tokens cost 0.002


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "data" / "llm-usage.sqlite")


def metered(ledger: Ledger, *replies: str | LlmError, usage: Usage = Usage(100, 20)) -> Model:
    return Metered(ScriptedModel(*replies, usage=usage), ledger, PRICES.of)


def test_days_and_models_are_summed(tmp_path: Path) -> None:
    """Another process, or this one after a restart, goes on where it was left; last month is only in all."""
    path = tmp_path / "llm-usage.sqlite"
    for day, model, usage, cost in (
        (date(2026, 2, 28), "old", Usage(10, 1), None),
        (date(2026, 3, 1), "gemma", Usage(100, 20), 0.5),
        (date(2026, 3, 1), "gemma", Usage(7, 3, estimated=True), None),
        (date(2026, 3, 31), "gemma", Usage(100, 20), 0.25),
    ):
        Ledger(path, lambda day=day: day).add(model, usage, cost)
    gemma = Spent("gemma", 3, 1, 207, 43, 0.75)
    assert [gemma] == Ledger(path, lambda: date(2026, 3, 31)).this_month()
    assert [gemma, Spent("old", 1, 0, 10, 1, None)] == Ledger(path).totals()
    assert 0o600 == path.stat().st_mode & 0o777


def test_nothing_is_there_until_a_model_was_asked(ledger: Ledger) -> None:
    """Looking leaves no file behind."""
    assert ([], []) == (ledger.totals(), ledger.this_month())
    assert not ledger.path.parent.exists()


def test_the_ledger_is_what_the_answers_say(ledger: Ledger, answerer_with: MakeAnswerer) -> None:
    """A reply from memory costs nothing, a failed call what it asked for, and a resting model is not asked."""
    model = Remembering(Guarded(metered(ledger, TRUE, LlmFailed("no")), failures=1), 9)
    answerer = answerer_with(model, prices=PRICES)
    asked = (QUESTION, QUESTION, "Kapan banjir merendam Demak?", "Berapa kerugian banjir Demak?")
    voices = [answerer.ask(text).voice for text in asked]
    assert [None, None, "failed", "resting"] == [v.fallback for v in voices]
    [total] = ledger.totals()
    assert ("scripted", 2, 1) == (total.model, total.calls, total.estimated)
    assert total.prompt_tokens == sum(v.prompt_tokens for v in voices) > 200
    assert 20 == total.completion_tokens == sum(v.completion_tokens for v in voices)
    assert total.cost == pytest.approx(sum(v.cost or 0 for v in voices))


def test_what_is_stopped_was_paid_for(ledger: Ledger, answerer_with: MakeAnswerer) -> None:
    """A reply without end is left, and what came of it is estimated."""
    answerer_with(metered(ledger, "Banjir Demak. " * 1_000), longest=8).ask(QUESTION)
    [total] = ledger.totals()
    assert (1, 1) == (total.calls, total.estimated)
    assert 20 < total.completion_tokens < 100


def test_no_word_of_a_question_is_kept(ledger: Ledger, answerer_with: MakeAnswerer) -> None:
    """Nor of an answer: there is nothing to forget."""
    answerer_with(metered(ledger, TRUE)).ask(QUESTION)
    [kept] = ledger.path.parent.iterdir()
    assert b"scripted" in kept.read_bytes()
    assert not any(word in kept.read_bytes() for word in (b"Demak", b"warga", b"1.240"))


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_many_count_at_once(ledger: Ledger, pool: Callable[..., ThreadPoolExecutor | ProcessPoolExecutor]) -> None:
    """Two at a time, with the first of them making the file, and no call is lost."""
    context = {"mp_context": multiprocessing.get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(2, **context) as running:
        list(running.map(_add_often, [ledger.path] * 2))
    assert [Spent("gemma", 50, 0, 5_000, 1_000, pytest.approx(0.5))] == ledger.totals()


def _add_often(path: Path) -> None:
    for _ in range(25):
        Ledger(path).add("gemma", Usage(100, 20), 0.01)


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("damage", [_garbage, _folder])
def test_an_answer_is_worth_more_than_its_count(
    ledger: Ledger, answerer_with: MakeAnswerer, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    """What cannot be written is one line in the log; what cannot be read says what to do."""
    ledger.path.parent.mkdir()
    damage(ledger.path)
    assert "scripted" == answerer_with(metered(ledger, TRUE)).ask(QUESTION).voice.speaker
    [warning] = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert "what scripted took is not counted" in warning.getMessage()
    with pytest.raises(TanyaError, match="remove it to begin anew"):
        ledger.totals()


def test_a_locked_ledger_holds_nobody_up(
    ledger: Ledger, answerer_with: MakeAnswerer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has it may be stuck: the answer comes without being counted."""
    monkeypatch.setattr(ledgers, "PATIENCE", 0.1)
    ledger.add("gemma", Usage(1, 1), None)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as stuck:
        stuck.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        assert "scripted" == answerer_with(metered(ledger, TRUE)).ask(QUESTION).voice.speaker
        assert time.monotonic() - started < 2
    assert "database is locked; what scripted took is not counted" in caplog.text
    assert [Spent("gemma", 1, 0, 1, 1, None)] == ledger.totals()


@pytest.mark.parametrize(
    ("total", "language", "line"),
    [
        (Spent("gemma3", 12, 0, 3_400, 210, 0.0123), "en", "gemma3 · 12 calls · 3,400 + 210 tokens · cost 0.0123"),
        (Spent("m", 1, 0, 3_400, 210, 1234.5), "id", "m · 1 panggilan · 3.400 + 210 token · biaya 1.234,5000"),
        (Spent("gemma3", 1_200, 1, 9, 0, None), "en", "gemma3 · 1,200 calls · ≈9 + 0 tokens"),
    ],
)  # fmt: skip
def test_a_total_is_one_line(total: Spent, language: str, line: str) -> None:
    """Estimates are marked, and a cost is shown where prices are known."""
    assert line == spent(total, language)
