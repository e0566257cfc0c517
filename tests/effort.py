"""How long work takes, in a measure that a slow or a busy machine does not change."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable

import numpy as np

_REFERENCE = 0.012  # seconds of the yardstick on the machine on which the tests' bounds were set
_TEXT = "Harga cabai rawit di Pasar Johar naik menjadi Rp 95.000 per kilogram sejak Jumat (5/9/2025). " * 20


def effort(work: Callable[[], object]) -> float:
    """Seconds of processor time that `work` would take on the machine on which the bounds were set.

    This machine is measured by a fixed piece of work of the same kind, right before and right
    after, so that a bound holds the code and not the machine.
    """
    before = _seconds(_yardstick)
    spent = _seconds(work)
    after = _seconds(_yardstick)
    return spent * _REFERENCE / ((before + after) / 2)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _yardstick() -> None:
    """Strings, patterns, dictionaries and sums along arrays: what scoring and reading consist of."""
    for _ in range(60):
        words = re.sub(r"[^\w\s]", " ", _TEXT.lower()).split()
        shared = Counter(words) & Counter(re.findall(r"\w+", _TEXT))
        sorted(shared, key=shared.__getitem__)
        np.cumsum(np.ones((4, 5_000)), axis=1)
