"""What can go wrong between the bot and Telegram, by rule, and the record of every call."""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.telegram.world import Json

Kind = Literal["retry_after", "status", "drop_before", "drop_after", "slow", "parse", "not_modified", "blocked"]

GRACE = 0.05  # seconds in which a call may have been on its way already when its chat was told to wait
_TEXTS = frozenset(
    ["text", "caption", "callback_query_id", "inline_query_id", "inline_message_id", "secret_token", "url"]
)


@dataclass(slots=True)
class Call:
    """One call of the Bot API.

    Attributes:
        number: counted from 0, in order of arrival.
        parameters: decoded, and none left out.
        at, done_at: arrival and answer, seconds on the monotonic clock.
        status: HTTP status; 0 when the connection was dropped, None while it is not answered.
        fault: what was injected.
        early: it came before the `retry_after` that its chat had been told was over.
        description: why it was refused.
        result: what it was answered with.
    """

    number: int
    method: str
    parameters: Json
    at: float
    done_at: float | None = None
    status: int | None = None
    fault: Kind | None = None
    early: bool = False
    description: str | None = None
    result: Any = None

    @property
    def chat(self) -> int | None:
        return self.parameters.get("chat_id")

    @property
    def text(self) -> str:
        return str(self.parameters.get("text", ""))


def decoded(fields: Json) -> Json:
    """Form fields as what they stand for: numbers, booleans and structures arrive as JSON."""
    return {key: value if key in _TEXTS else _value(value) for key, value in fields.items()}


def _value(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


@dataclass(slots=True)
class Fault:
    """A rule: the calls of `methods` (in `chat`) numbered in `nth` from 1, or a share of them, go wrong."""

    kind: Kind
    methods: frozenset[str]
    nth: Collection[int]
    share: float
    chat: int | None
    times: int | None
    retry_after: float
    status: int
    seconds: float
    random: random.Random
    seen: int = 0
    hits: int = 0
    waits: dict[int | None, tuple[float, float]] = field(default_factory=dict)  # chat: (told, until)

    def concerns(self, call: Call) -> bool:
        if call.method not in self.methods or self.chat not in (None, call.chat):
            return False
        return self.kind != "parse" or "parse_mode" in call.parameters

    def strikes(self, call: Call) -> bool:
        """Whether this call goes wrong; asked once per call."""
        if not self.concerns(call):
            return False
        self.seen += 1
        roll = self.random.random()
        hit = self.seen in self.nth if self.nth else roll < self.share
        if not hit or self.hits == self.times:
            return False
        self.hits += 1
        return True

    def must_wait(self, call: Call) -> float:
        """Seconds that its chat has still been told to wait; marks the call as early where that is certain."""
        told, until = self.waits.get(call.chat, (0.0, 0.0))
        if not self.concerns(call) or call.at >= until:
            return 0.0
        call.early = call.early or call.at > told + GRACE
        return until - call.at
