"""Logs that can be shown: without the token, the webhook's secret, or anything a person wrote.

httpx logs URLs with the token, PTB logs whole updates at DEBUG, and an exception's message
may quote what was asked. So secrets are blanked, of other people's loggers only warnings
pass and without their arguments, and of an exception only its type and where it was raised.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType

OURS = ("bot", "index")
SAFE = (OSError, sqlite3.Error)  # their messages speak of the machine, not of what was said
BLANK = "[secret]"


class Redacting(logging.Formatter):
    """Formats records so that `secrets` and people's words stay out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        if not _is_ours(record):
            record = logging.makeLogRecord({**record.__dict__, "args": None, "exc_text": None, "stack_info": None})
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, BLANK)
        return line

    def formatException(  # noqa: N802  # the base class's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Type and place of the exception and of what caused it, without their messages."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            message = f": {error}" if isinstance(error, SAFE) else ""
            lines = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}{message}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()


def _passes(record: logging.LogRecord) -> bool:
    return _is_ours(record) or record.levelno >= logging.WARNING


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] in OURS


def set_up(level: str, secrets: Iterable[str]) -> None:
    """Log to standard error, redacted; this process logs nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(secrets))
    handler.addFilter(_passes)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It calls every 429 that we wait out an error, with a traceback.
    logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
