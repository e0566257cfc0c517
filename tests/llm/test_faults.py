"""Whatever a server does, an answer or an honest refusal comes within the deadline."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from bot.answer import Fallback, Status
from bot.llm.errors import LlmError
from bot.llm.model import End, Prompt, Usage
from tests.llm import server as play
from tests.llm.conftest import QUESTION, WIRES, MakeAnswerer, OpenModel, Wire
from tests.llm.server import Scene, ScriptedServer, says

SHORT, LONG = 1.0, 20.0  # deadlines: of what never ends, and of what ends by itself, on a busy machine too
GRACE = 2.0  # seconds that search, reader and a busy machine may add
TRUE = "Sebanyak 1.240 warga mengungsi ke balai desa [1]."

CHAT = [{"role": "system", "content": "sistem"}, {"role": "user", "content": "tanya"}]
OPENAI: dict[str, Any] = {"stream": True, "max_tokens": 256, "temperature": 0.0, "stop": ["\n"]}
OLLAMA: dict[str, Any] = {"stream": True, "think": False}
OPTIONS: dict[str, Any] = {"num_ctx": 4_096, "num_predict": 256, "temperature": 0.0}
ASKED: dict[Wire, tuple[str, dict[str, Any]]] = {  # where to, and with what
    ("openai", "chat"): ("/v1/chat/completions", OPENAI | {"messages": CHAT}),
    ("openai", "completion"): ("/v1/completions", OPENAI | {"prompt": "tanya"}),
    ("ollama", "chat"): ("/api/chat", OLLAMA | {"messages": CHAT, "options": OPTIONS}),
    ("ollama", "completion"): (
        "/api/generate",
        OLLAMA | {"prompt": "tanya", "raw": True, "options": OPTIONS | {"stop": ["\n"]}},
    ),
}

FAULTS: dict[str, tuple[Scene, Fallback]] = {
    "slow first token": (play.slow_first_token, Fallback.SLOW),
    "hang": (play.hang, Fallback.SLOW),
    "cut stream": (play.cut_stream, Fallback.FAILED),
    "ends early": (play.ends_early, Fallback.FAILED),
    "dripping bytes": (play.dripping_bytes, Fallback.SLOW),
    "dripping tokens": (play.dripping_tokens, Fallback.SLOW),
    "429": (play.status(429), Fallback.FAILED),
    "500": (play.status(500), Fallback.FAILED),
    "401": (play.status(401), Fallback.FAILED),
    "404": (play.status(404, "model 'scripted' not found"), Fallback.FAILED),
    "garbage": (play.garbage(b"\x00\xff{]<html>\n\n"), Fallback.FAILED),
    "no JSON": (play.garbage(b"data: {oops\n\n"), Fallback.FAILED),
    "other JSON": (
        play.other_json({"choices": [{"delta": 5, "text": 5}], "message": 5, "response": 5}, [1]),
        Fallback.FAILED,
    ),
    "error in the stream": (play.breaks_off("an error was encountered while running the model"), Fallback.FAILED),
    "empty": (says(""), Fallback.EMPTY),
    "nothing": (play.garbage(b" "), Fallback.FAILED),
    "repetition": (play.endless_repetition, Fallback.REPEATS),
    "wrong language": (says("The flood made 1.240 people flee, and that is what they said."), Fallback.WRONG_LANGUAGE),
    "citations to nothing": (says("Presiden Prabowo hadir [7][8]. Itu kata BMKG [99]."), Fallback.UNSUPPORTED),
}


of_ollama = pytest.mark.parametrize(
    "wire", [wire for wire in WIRES if wire[0] == "ollama"], ids="-".join, indirect=True
)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_within_the_deadline(
    server: ScriptedServer, http_model: OpenModel, answerer_with: MakeAnswerer, fault: str
) -> None:
    """The reader answers instead, and the answer says why."""
    server.scene, why = FAULTS[fault]
    deadline = SHORT if why is Fallback.SLOW else LONG
    answerer = answerer_with(http_model(timeout=deadline), deadline=deadline)
    started = time.monotonic()
    answer = answerer.ask(QUESTION)
    assert time.monotonic() - started < deadline + GRACE
    assert ("reader", Status.ANSWERED) == (answer.voice.speaker, answer.status)
    assert why is answer.voice.fallback


def test_a_whole_reply_comes_through(server: ScriptedServer, http_model: OpenModel, wire: Wire) -> None:
    """Its words as they were sent, then what it cost, for one request; the key travels in the header alone."""
    server.scene = says(TRUE)
    pieces = list(http_model().stream(Prompt("sistem", "tanya", ("\n",)), time.monotonic() + LONG))
    assert (TRUE, End(Usage(100, 20))) == ("".join(p for p in pieces if isinstance(p, str)), pieces[-1])
    (asked,) = server.requests
    assert "Bearer sk-secret-123456" == {k.lower(): v for k, v in asked["headers"].items()}["authorization"]
    assert "secret" not in str(asked["body"])
    path, expected = ASKED[wire]
    assert path == asked["path"]
    assert expected == {key: asked["body"].get(key) for key in expected}


def test_a_cut_reply_says_so(server: ScriptedServer, http_model: OpenModel) -> None:
    """It ran into max_tokens: its last sentence is not to be trusted."""
    server.scene = says("Banjir. Gempa", reason="length")
    *_, end = http_model().stream(Prompt("", "tanya"), time.monotonic() + LONG)
    assert End(Usage(100, 20), cut=True) == end


@pytest.mark.parametrize("scene", [play.dripping_bytes, play.dripping_tokens])
def test_an_abandoned_call_is_closed(server: ScriptedServer, http_model: OpenModel, scene: Scene) -> None:
    """The server sees its client leave: nothing goes on in the background, and nothing is paid for unheard."""
    server.scene = scene
    with pytest.raises(LlmError, match="deadline"):
        list(http_model().stream(Prompt("", "tanya"), time.monotonic() + 0.3))
    assert server.dropped.wait(LONG)


@of_ollama
def test_an_old_ollama_counts_nothing(server: ScriptedServer, http_model: OpenModel) -> None:
    """Nor does it give a reason; that it is done is enough, and the tokens are estimated."""

    def scene(to: play.Handler) -> None:
        to.start()
        to.token("Banjir.")
        to.write(to.wire.line({"message": {"role": "assistant", "content": ""}, "response": "", "done": True}))
        to.close_body()

    server.scene = scene
    *_, end = http_model().stream(Prompt("", "tanya"), time.monotonic() + LONG)
    assert End(Usage(2, 3, estimated=True)) == end


@of_ollama
def test_what_a_model_thinks_is_not_said(server: ScriptedServer, http_model: OpenModel) -> None:
    """Where it thinks though it was told not to."""

    def scene(to: play.Handler) -> None:
        assert isinstance(to.wire, play.OllamaWire)
        to.start()
        to.write(to.wire.thought("Prabowo?"))
        to.token(TRUE)
        to.end()

    server.scene = scene
    assert [TRUE, End(Usage(100, 20))] == list(http_model().stream(Prompt("", "tanya"), time.monotonic() + LONG))


@of_ollama
@pytest.mark.parametrize("scene", [play.status(404, "model 'x' not found"), play.breaks_off("model 'x' not found")])
def test_what_ollama_complains_of_is_told(server: ScriptedServer, http_model: OpenModel, scene: Scene) -> None:
    """A model that was not pulled is named."""
    server.scene = scene
    with pytest.raises(LlmError, match=r"scripted: got ResponseError \(model 'x' not found .*; see that http"):
        list(http_model().stream(Prompt("", "tanya"), time.monotonic() + LONG))


def test_keys_meant_for_others_stay_at_home(
    server: ScriptedServer, http_model: OpenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The libraries would send what these variables hold to whatever server is configured."""
    for name in ("OPENAI_API_KEY", "OLLAMA_API_KEY"):
        monkeypatch.setenv(name, "sk-secret-of-another")
    server.scene = says(TRUE)
    list(http_model(key="").stream(Prompt("", "tanya"), time.monotonic() + LONG))
    (asked,) = server.requests
    assert "secret" not in str(asked)


def test_the_model_can_be_asked_again_after_a_fault(
    server: ScriptedServer, http_model: OpenModel, answerer_with: MakeAnswerer
) -> None:
    """One client, a fault, then an answer."""
    answerer = answerer_with(http_model(), deadline=LONG)
    for scene, speaker in ((play.cut_stream, "reader"), (play.status(500), "reader"), (says(TRUE), "scripted")):
        server.scene = scene
        assert speaker == answerer.ask(QUESTION).voice.speaker


def test_a_key_is_never_told(
    server: ScriptedServer, http_model: OpenModel, answerer_with: MakeAnswerer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither logs nor errors nor the record hold it, even where a server repeats it."""
    server.scene = play.status(401)
    model = http_model()
    with caplog.at_level(logging.DEBUG):
        answerer_with(model, deadline=LONG).ask(QUESTION)
    assert "the reader answers instead" in caplog.text
    assert "secret" not in caplog.text
    assert "secret" not in repr(model._endpoint)


def test_no_server_at_all(http_model: OpenModel, server: ScriptedServer, answerer_with: MakeAnswerer) -> None:
    """A closed port is a failure like others."""
    model = http_model()
    server.close()
    assert Fallback.FAILED is answerer_with(model, deadline=LONG).ask(QUESTION).voice.fallback
