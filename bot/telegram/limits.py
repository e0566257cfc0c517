"""How much one person or group may ask: token buckets."""

from __future__ import annotations

import time
from collections.abc import Callable

KEPT = 10_000  # buckets; the longest unused go first


class Limiter:
    """`per_minute` requests a minute for each key, all of which may be spent at once.

    `wait(key)` takes a token and gives 0.0, or gives the seconds until there is one.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._capacity = per_minute
        self._now = now
        self._buckets: dict[int, tuple[float, float]] = {}  # key -> tokens, when that was
        self._told: dict[int, float] = {}

    def wait(self, key: int) -> float:
        now = self._now()
        tokens, then = self._buckets.pop(key, (float(self._capacity), now))
        tokens = min(self._capacity, tokens + (now - then) * self._capacity / 60)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - allowed, now)
        if len(self._buckets) > KEPT:
            self._buckets.pop(next(iter(self._buckets)))
        return 0.0 if allowed else (1 - tokens) * 60 / self._capacity

    def tell(self, key: int, every: float = 30.0) -> bool:
        """Whether to say so: once in `every` seconds, so that a flood is not answered by another."""
        now = self._now()
        if now - self._told.get(key, -every) < every:
            return False
        self._told.pop(key, None)  # the dictionary stays in order of age
        self._told[key] = now
        if len(self._told) > KEPT:
            self._told.pop(next(iter(self._told)))
        return True
