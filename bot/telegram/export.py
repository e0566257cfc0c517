"""Feedback as a test set: what people judged, in the format of questions that `tanya eval` reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.question import language_of
from bot.telegram.state import State, Stored


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """One question record for each judged answer, the latest first."""
    path = folder / "telegram.sqlite"
    if not path.exists():
        return
    state = State(path)
    try:
        for stored, good, bad in state.feedback():
            yield _record(state, stored, accepted=good > bad)
    finally:
        state.close()


def _record(state: State, stored: Stored, *, accepted: bool) -> dict[str, Any]:
    answered = stored.text is not None
    history = [] if stored.previous is None else state.history(stored.previous)
    record: dict[str, Any] = {
        "id": f"telegram-{stored.id}",
        "question": stored.question,
        "lang": language_of(stored.question),
        "type": "feedback",
        "answerable": answered if accepted else True,
        "answers": [stored.text] if accepted and answered else [],
        "evidence": [{"article": c[0], "quote": c[3]} for c in stored.data["citations"]] if accepted else [],
        "asked_at": datetime.fromtimestamp(stored.asked_at).astimezone().isoformat(),
        "history": [{"question": turn.question, "answer": turn.answer} for turn in history],
    }
    return record if accepted else {**record, "rejected": stored.text}
