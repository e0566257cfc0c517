"""Logs that can be shown: without the token, the webhook's secret, or anything a person wrote.

httpx logs URLs with the token, PTB logs whole updates at DEBUG, and an exception's message
may quote what was asked. So secrets are blanked, of other people's loggers only warnings
pass and without their arguments, and of an exception only its type and where it was raised:
even an `OSError` names a file, and SQLite the word that it stumbled over.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable
from types import TracebackType

OURS = ("bot", "index")
BLANK = "[secret]"


class Redacting(logging.Formatter):
    """Formats records so that `secrets` and people's words stay out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        if not _is_ours(record):
            # asyncio puts callbacks with their arguments, and exceptions, into the message itself.
            message = "an error that nobody waited for" if record.name == "asyncio" else record.msg
            changes = {"msg": message, "args": None, "exc_text": None, "stack_info": None}
            record = logging.makeLogRecord({**record.__dict__, **changes})
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
            lines = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}{_cause(error)}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()


def _cause(error: BaseException) -> str:
    """What the machine says about an error, without the names of files and words."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return f": {os.strerror(error.errno)}"
    return f": {error.sqlite_errorname}" if hasattr(error, "sqlite_errorname") else ""


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
    warnings.simplefilter("ignore")  # they would be printed as they are
    threading.excepthook = lambda failed: logging.getLogger(__name__).critical(
        "a thread failed", exc_info=(failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback)
    )
