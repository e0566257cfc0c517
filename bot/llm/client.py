"""llama-index's LLM classes as a `Model`: the only place that knows a vendor of HTTP models.

A timeout of theirs bounds one read, not the call: a server that drips a byte a second holds it
open for ever. So the call runs on an event loop of its own, from where it can be dropped at
any moment, which closes its connection.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from bot.llm.errors import LlmError, LlmFailed, LlmSlow
from bot.llm.model import End, Prompt, Usage
from bot.llm.prompts import Style
from bot.llm.window import usage_at_most

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Provider = Literal["openai", "ollama"]

PATIENCE = 10.0  # seconds that closing may take on a busy machine
SECRET = re.compile(r"\b(?:sk|key)-[\w*-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind HTTP. `key` never leaves this record but for the request's header."""

    provider: Provider
    model: str
    base_url: str
    key: str = ""
    style: Style = "chat"
    context: int = 4_096
    reply: int = 256
    temperature: float = 0.0

    def __repr__(self) -> str:
        return f"Endpoint({self.provider}, {self.model}, {self.base_url})"


class HttpModel:
    """A `Model` behind an OpenAI-compatible server or Ollama.

    Args:
        timeout: seconds that one read may take; the whole call is bounded by `stream`.
        server: the llama.cpp of this process that is asked, kept as long as this is.

    Raises `LlmError` where the packages of the extra are missing.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float, server: object = None) -> None:
        self.name = endpoint.model
        self._server = server
        self._endpoint = endpoint
        self._llm = _make(endpoint, timeout + 1)  # a read is given up after the call
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="llm", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the connections; the model cannot be asked afterwards."""
        if not self._thread.is_alive():
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_close(self._llm), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            self._loop.close()
        self._server = None

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        arrived: SimpleQueue[str | End | LlmError] = SimpleQueue()
        call = asyncio.run_coroutine_threadsafe(self._pump(prompt, arrived.put), self._loop)
        try:
            while True:
                piece = self._next(arrived, until)
                if isinstance(piece, LlmError):
                    raise piece
                yield piece
                if isinstance(piece, End):
                    return
        finally:
            call.cancel()

    def _next(self, arrived: SimpleQueue[str | End | LlmError], until: float) -> str | End | LlmError:
        left = until - time.monotonic()
        if left > 0:  # what drips in all the time must not go on past the deadline
            with suppress(Empty):
                return arrived.get(timeout=left)
        return LlmSlow(f"{self.name}: got no whole reply within the deadline; raise answer.deadline, or ask less of it")

    async def _pump(self, prompt: Prompt, put: Callable[[str | End | LlmError], None]) -> None:
        said: list[str] = []
        usage, reason = None, None
        try:
            async with aclosing(_ASKED[self._endpoint.provider](self._llm, self._endpoint, prompt)) as stream:
                async for text, raw in stream:
                    if text:
                        said.append(text)
                        put(text)
                    usage = _usage(raw) or usage
                    reason = _finish_reason(raw) or reason
            if reason is None:
                raise LlmFailed("the stream was cut off")
            put(End(usage or usage_at_most(prompt, "".join(said)), cut=reason == "length"))
        except Exception as error:  # garbage raises whatever it hits: JSONDecodeError, AttributeError, IndexError
            put(LlmFailed(f"{self.name}: got {self._told(error)}; see that {self._endpoint.base_url} serves it"))

    def _told(self, error: Exception) -> str:
        """The error in a line, without the key, of which some servers repeat a part."""
        text = " ".join(str(error).split())[:200]
        if self._endpoint.key:
            text = text.replace(self._endpoint.key, "***")
        return f"{type(error).__name__} ({SECRET.sub('***', text)})"


def _make(endpoint: Endpoint, timeout: float) -> LLM:
    try:
        return _MAKERS[endpoint.provider](endpoint, timeout)
    except ImportError as error:
        raise LlmError(
            f"llm.provider: got {endpoint.provider!r} without the package {error.name}, expected it installed; "
            "install it with: pip install 'tanya-berita[llm]'"
        ) from None


def _openai(endpoint: Endpoint, timeout: float) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    llm: LLM = OpenAILike(
        model=endpoint.model,
        api_base=endpoint.base_url,
        api_key=endpoint.key or "none",  # else the library looks for OPENAI_API_KEY and sends it anywhere
        is_chat_model=endpoint.style == "chat",
        context_window=endpoint.context,
        max_tokens=endpoint.reply,
        temperature=endpoint.temperature,
        timeout=timeout,
        max_retries=0,
    )
    return llm


def _ollama(endpoint: Endpoint, timeout: float) -> LLM:
    from llama_index.llms.ollama import Ollama

    llm: LLM = Ollama(
        model=endpoint.model,
        base_url=endpoint.base_url,
        headers={"Authorization": f"Bearer {endpoint.key or 'none'}"},  # else OLLAMA_API_KEY is sent anywhere
        context_window=endpoint.context,
        request_timeout=timeout,
        thinking=False,  # what is not said counts towards num_predict: nothing would be left for the answer
        additional_kwargs=_ollama_options(endpoint),
    )
    return llm


def _ollama_options(endpoint: Endpoint) -> dict[str, Any]:
    return {"num_ctx": endpoint.context, "num_predict": endpoint.reply, "temperature": endpoint.temperature}


_MAKERS: dict[Provider, Callable[[Endpoint, float], LLM]] = {"openai": _openai, "ollama": _ollama}

Stream = AsyncGenerator[tuple[str, Any], None]  # text, and what the server sent it in


async def _ask_openai(llm: LLM, endpoint: Endpoint, prompt: Prompt) -> Stream:
    options: dict[str, Any] = {"stream_options": {"include_usage": True}}
    if prompt.stop:
        options["stop"] = list(prompt.stop)
    stream: Any
    if endpoint.style == "completion":
        stream = await llm.astream_complete(prompt.user, formatted=True, **options)
    else:
        stream = await llm.astream_chat(_messages(prompt), **options)
    async for response in stream:
        yield response.delta or "", response.raw


async def _ask_ollama(llm: Any, endpoint: Endpoint, prompt: Prompt) -> Stream:
    """A chat is asked without `stop`, which would replace the stop sequences of the model's own template.

    A completion goes past llama-index, which would send it as a chat and thus inside that template.
    """
    if endpoint.style == "completion":
        options = _ollama_options(endpoint) | {"stop": list(prompt.stop)}
        parts = await llm.async_client.generate(
            endpoint.model, prompt.user, raw=True, stream=True, think=False, options=options
        )
        async for part in parts:
            yield part.response or "", dict(part)
    else:
        async for response in await llm.astream_chat(_messages(prompt)):
            yield response.delta or "", response.raw


_ASKED: dict[Provider, Callable[[LLM, Endpoint, Prompt], Stream]] = {"openai": _ask_openai, "ollama": _ask_ollama}


def _messages(prompt: Prompt) -> list[Any]:
    from llama_index.core.llms import ChatMessage

    said = (("system", prompt.system), ("user", prompt.user))
    return [ChatMessage(role=role, content=text) for role, text in said if text]  # some refuse empty ones


async def _close(llm: LLM) -> None:
    for name in ("_aclient", "_async_client"):  # OpenAI's, Ollama's
        client = getattr(llm, name, None)
        if client is not None:
            await client.close()
    await asyncio.get_running_loop().shutdown_asyncgens()


def _usage(raw: Any) -> Usage | None:
    """The tokens a server counted: OpenAI's `usage`, or Ollama's `eval_count`."""
    if isinstance(raw, dict):
        counts = (raw.get("prompt_eval_count"), raw.get("eval_count"))
    else:
        usage = getattr(raw, "usage", None)
        counts = (getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))
    prompt, completion = counts
    return Usage(prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None


def _finish_reason(raw: Any) -> str | None:
    if isinstance(raw, dict):
        reason = raw.get("done_reason") or ("stop" if raw.get("done") else None)
    else:
        choices = getattr(raw, "choices", None) or [None]
        reason = getattr(choices[0], "finish_reason", None)
    return reason if isinstance(reason, str) else None
