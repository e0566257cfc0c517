"""An answer as it comes: sentence by sentence, none taken back, the same as when it is asked for whole."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from bot.answer import Answer, Fallback
from bot.answerer import Answerer
from bot.chat import Chat, converse
from bot.llm.errors import LlmFailed, LlmSlow
from bot.llm.model import End, Prompt, Usage
from bot.render import render, render_stream
from tests.bot.conftest import plain
from tests.llm.conftest import QUESTION, MakeAnswerer, OpenModel, ScriptedModel
from tests.llm.server import Handler, ScriptedServer

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
FIRST = "Sebanyak 1.240 warga mengungsi ke balai desa [1]."
SECOND = "Kerugian ditaksir Rp1,5 miliar [1]."
THIRD = "Tidak ada korban jiwa [1]."
FALSE = "Presiden Prabowo hadir di sana [1]."
ENGLISH = "The residents who fled and who stayed were at the village hall for a week."


class Told:
    """A `Model` that is asked for one piece after the other and can fail between them."""

    name = "told"

    def __init__(self, *pieces: str | BaseException) -> None:
        self._pieces = pieces
        self.heard = 0
        self.abandoned = False

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:  # noqa: ARG002
        try:
            for piece in self._pieces:
                if isinstance(piece, BaseException):
                    raise piece
                self.heard += 1
                yield piece
            yield End(Usage(100, 20))
        except GeneratorExit:
            self.abandoned = True
            raise

    def close(self) -> None:
        """Nothing is open."""


def streamed(answerer: Answerer) -> tuple[list[str], Answer]:
    """The sentences in the order they were shown, then the answer."""
    *before, answer = answerer.stream(QUESTION)
    for earlier, later in pairwise([*before, answer] if answer.claims else before):
        assert earlier.claims == later.claims[: len(earlier.claims)]
        assert earlier.citations == later.citations[: len(earlier.citations)]
    return [a.claims[-1].text for a in before], answer


def test_a_sentence_is_shown_before_the_next_is_written(answerer_with: MakeAnswerer) -> None:
    """The first is out, with its quote, when the second has only begun."""
    model = Told(FIRST, " Ker", "ugian ditaksir Rp1,5 miliar [1].")
    answers = answerer_with(model).stream(QUESTION)
    first = next(answers)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == first.text == first.citations[0].quote
    assert ("told", Fallback.UNFINISHED, 2) == (first.voice.speaker, first.voice.cut, model.heard)
    assert "Kerugian ditaksir Rp1,5 miliar." == next(answers).claims[1].text


@pytest.mark.parametrize("pieces", [1, 3, 1_000])
@pytest.mark.parametrize("strict", ["strict", "mark", "off"])
@pytest.mark.parametrize("bound", ["free", "same", "within"])
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(FIRST, id="one"),
        pytest.param(f"{FIRST} {SECOND} {THIRD}", id="three"),
        pytest.param(f"{FIRST} {FALSE} {SECOND}", id="one without support"),
        pytest.param(f"{FALSE} {FIRST}", id="the first without support"),
        pytest.param(f"{FIRST} {FALSE} Itu. Ini juga.", id="goes wrong"),
        pytest.param(f"{FIRST} {FIRST} {FIRST} {FIRST}", id="repeats"),
        pytest.param(f"{SECOND} {FIRST}", id="the answer comes second"),
        pytest.param("1.240 warga", id="short"),
        pytest.param("Tidak ada di artikel.", id="abstains"),
        pytest.param(f"Tidak ada. {THIRD}", id="no and why"),
        pytest.param(f"{FIRST} {ENGLISH} {ENGLISH[:-1]} too.", id="turns English"),
    ],
)
def test_it_makes_no_difference_how_a_reply_comes(
    answerer_with: MakeAnswerer, reply: str, strict: str, bound: str, pieces: int
) -> None:
    """Whole or in pieces, streamed or asked for: the same answer, and what was shown is its beginning."""

    def answerer(size: int) -> Answerer:
        return answerer_with(ScriptedModel(reply, pieces=size), strict=strict, bound=bound)

    whole = answerer(10_000).ask(QUESTION)
    claims, answer = streamed(answerer(pieces))
    parts = list(render_stream(answerer(pieces).stream(QUESTION), "id"))
    assert (whole.text, whole.claims, whole.citations, whole.voice.fallback, whole.voice.cut, whole.voice.removed) == (
        answer.text, answer.claims, answer.citations, answer.voice.fallback, answer.voice.cut, answer.voice.removed,
    )  # fmt: skip
    assert claims == [claim.text for claim in answer.claims]
    assert not answer.claims or Fallback.UNFINISHED is not answer.voice.cut
    assert render(answer, "id") == "".join(parts)


@pytest.mark.parametrize(
    ("error", "why"),
    [(LlmSlow("late"), Fallback.SLOW), (LlmFailed("cut"), Fallback.FAILED)],
)
def test_what_was_shown_stands_when_the_model_fails(
    answerer_with: MakeAnswerer, error: Exception, why: Fallback
) -> None:
    """The answer ends there, says so, and keeps its quotes; the unfinished sentence is not shown."""
    claims, answer = streamed(answerer_with(Told(FIRST, " Kerugian dit", error)))
    assert ["Sebanyak 1.240 warga mengungsi ke balai desa."] == claims == [answer.text]
    assert ("told", None, why) == (answer.voice.speaker, answer.voice.fallback, answer.voice.cut)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.citations[0].quote
    assert "lalu dihentikan" in render(answer, "id")


def test_a_failure_before_anything_was_shown_is_the_readers_turn(answerer_with: MakeAnswerer) -> None:
    """A finished first sentence that nothing followed is not certain: it goes with the rest."""
    claims, answer = streamed(answerer_with(Told(FIRST, LlmSlow("late"))))
    assert ([], "reader", Fallback.SLOW) == (claims, answer.voice.speaker, answer.voice.fallback)


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        pytest.param([" Itu.", " Ini juga.", " Ya."], Fallback.UNSUPPORTED, id="without support"),
        pytest.param([f" {FIRST}"] * 3, Fallback.REPEATS, id="repeats"),
        pytest.param([f" {ENGLISH}", f" {ENGLISH} And they ate."], Fallback.WRONG_LANGUAGE, id="turns English"),
    ],
)
def test_a_reply_that_goes_wrong_is_not_heard_to_its_end(
    answerer_with: MakeAnswerer, rest: list[str], why: Fallback
) -> None:
    """The model is stopped, which a paid one is told by the closed connection; what was shown stands."""
    model = Told(FIRST, *rest, " Lagi.", *["Dan lagi. "] * 100)
    claims, answer = streamed(answerer_with(model))
    assert ["Sebanyak 1.240 warga mengungsi ke balai desa."] == claims
    assert (why, True) == (answer.voice.cut, model.abandoned)
    assert model.heard < 10


def test_a_quote_that_is_gone_is_no_support(answerer_with: MakeAnswerer) -> None:
    """The article was removed after it was found: neither the model's sentence nor the reader's quote is shown."""
    answerer = answerer_with(Told(FIRST, f" {SECOND}"))
    search = answerer.index.search

    def search_then_remove(query: object, limit: int) -> list[object]:
        passages = search(query, limit)  # type: ignore[arg-type]
        answerer.index.remove("kn-1")
        return list(passages)

    answerer.index.search = search_then_remove  # type: ignore[method-assign,assignment]
    claims, answer = streamed(answerer)
    assert ([], None, ()) == (claims, answer.text, answer.citations)


def test_the_terminal_shows_a_sentence_while_the_model_still_writes(
    server: ScriptedServer, http_model: OpenModel, answerer_with: MakeAnswerer
) -> None:
    """Over HTTP, through the conversation; the rest waits for the server."""

    def scene(to: Handler) -> None:
        to.start()
        to.token(f"{FIRST} Kerugian")
        to.server.over.wait(30)
        to.token(" ditaksir Rp1,5 miliar [1].")
        to.end()

    server.scene = scene
    written: list[str] = []

    def write(piece: str) -> None:
        written.append(plain(piece))
        server.over.set()

    converse(Chat(answerer_with(http_model(), deadline=20.0), "id", lambda: NOW), [QUESTION], write)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa. [1]" == written[0]
    assert "Sebanyak 1.240 warga mengungsi ke balai desa. [1] Kerugian ditaksir Rp1,5 miliar. [2]" == " ".join(
        "".join(written).split("\n\n")[0].split()
    )


def test_ctrl_c_stops_an_answer_and_not_the_conversation(answerer_with: MakeAnswerer) -> None:
    """What was shown gets its quote and is remembered; the model is left, and the next line is answered."""
    model = Told(FIRST, " Kerugian", KeyboardInterrupt(), " tidak pernah")
    chat = Chat(answerer_with(model), "id", lambda: NOW)
    written: list[str] = []
    converse(chat, [QUESTION, "/sources"], written.append, interruptible=True)
    head, quote, voice = plain("".join(written)).split("\n\n")[:3]
    assert "Sebanyak 1.240 warga mengungsi ke balai desa. [1]" == head
    assert quote.startswith("[1] “Sebanyak 1.240 warga mengungsi ke balai desa.”")
    assert "dihentikan: belum selesai" in voice
    assert "Sebanyak 1.240" in plain(written[-2])
    assert QUESTION == chat.continues


@pytest.mark.parametrize("pieces", [[], [FIRST, " Kerugian"]], ids=["nothing shown", "something shown"])
def test_ctrl_c_ends_what_is_no_conversation(answerer_with: MakeAnswerer, pieces: list[str]) -> None:
    """A single question, or lines from a pipe."""
    chat = Chat(answerer_with(Told(*pieces, KeyboardInterrupt())), "id", lambda: NOW)
    written: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        converse(chat, [QUESTION, "/help"], written.append)
    assert bool(pieces) == ("“Sebanyak 1.240" in "".join(written))


def test_showing_a_sentence_costs_little(answerer_with: MakeAnswerer) -> None:
    """Between a model's word and what is shown lie no more than 150 ms, on a busy machine too."""
    times: list[float] = []

    class Timed(Told):
        def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
            for piece in super().stream(prompt, until):
                times.append(time.monotonic())
                yield piece

    next(answerer_with(Timed(FIRST, " Kerugian", " ditaksir Rp1,5 miliar [1].")).stream(QUESTION))
    assert time.monotonic() - times[1] < 0.15
