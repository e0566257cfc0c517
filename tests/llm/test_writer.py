"""A model's reply becomes an answer sentence by sentence, a refusal, or the reader's answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.answer import Answer, Fallback, Refusal, Status
from bot.llm.cache import Remembering
from bot.llm.circuit import Guarded
from bot.llm.errors import LlmFailed, LlmResting
from bot.llm.model import Usage
from bot.llm.support import SupportCheck
from bot.llm.writer import Prices
from bot.render import as_json, prediction, spoken
from tests.llm.conftest import QUESTION, MakeAnswerer, ScriptedModel

TRUE = "Sebanyak 1.240 warga mengungsi ke balai desa [1]."
FALSE = "Sebanyak 9.999 warga mengungsi [1]."


def verbatim(answer: Answer) -> bool:
    """Every quote stands in the retrieved article it names."""
    texts = {p.article.id: p.article.text for p in answer.passages}
    return all(texts[c.article][c.start : c.end] == c.quote for c in answer.citations)


def test_a_supported_reply_is_the_answer(answerer_with: MakeAnswerer) -> None:
    """Its sentences with the quotes they stand on, and who spoke."""
    answer = answerer_with(ScriptedModel(TRUE)).ask(QUESTION)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.text
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.citations[0].quote
    assert "Sebanyak 1.240 warga mengungsi ke balai desa. [1]" == spoken(answer, "id")
    assert ("scripted", None, 0) == (answer.voice.speaker, answer.voice.fallback, answer.voice.removed)
    assert (100, 20) == (answer.voice.prompt_tokens, answer.voice.completion_tokens)
    assert answer.voice.cost is None


def test_an_unsupported_sentence_is_removed(answerer_with: MakeAnswerer) -> None:
    """Strict: what stands nowhere is not shown, and counted."""
    answer = answerer_with(ScriptedModel(f"{TRUE} Presiden Prabowo hadir di sana [1].")).ask(QUESTION)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.text
    assert 1 == answer.voice.removed
    assert 1 == as_json(answer, 1.0)["voice"]["removed"] == prediction("q", answer, 1.0)["voice"]["removed"]


def test_an_unsupported_sentence_can_be_marked(answerer_with: MakeAnswerer) -> None:
    """Mark: it is shown, and that it has no evidence as well."""
    model = ScriptedModel(f"{TRUE} Presiden Prabowo hadir di sana [1].")
    answer = answerer_with(model, strict="mark").ask(QUESTION)
    assert spoken(answer, "id").endswith("[1] Presiden Prabowo hadir di sana. [tanpa bukti]")


def test_an_unsupported_sentence_can_be_kept(answerer_with: MakeAnswerer) -> None:
    """Off: it is shown without a citation."""
    model = ScriptedModel(f"{TRUE} Presiden Prabowo hadir di sana [1].")
    answer = answerer_with(model, strict="off").ask(QUESTION)
    assert spoken(answer, "id").endswith("[1] Presiden Prabowo hadir di sana.")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(FALSE, Fallback.UNSUPPORTED, id="a number of its own"),
        pytest.param(f"Ini. Itu saja. Presiden Prabowo hadir. {TRUE}", Fallback.UNSUPPORTED, id="little is left"),
        pytest.param("", Fallback.EMPTY, id="nothing"),
        pytest.param(" \n[1] ... ", Fallback.EMPTY, id="marks only"),
        pytest.param("The residents who fled to the village hall were 1.240.", Fallback.WRONG_LANGUAGE, id="English"),
        pytest.param("德马克洪水造成一千二百四十人撤离。", Fallback.WRONG_LANGUAGE, id="Chinese"),
        pytest.param("Kepala BPBD Rudi Hartono mengatakan 26 rumah rusak [2].", Fallback.DISAGREES, id="elsewhere"),
        pytest.param("Sebanyak 1.240 warga mengungsi [2].", Fallback.UNSUPPORTED, id="another article"),
        pytest.param("Sebanyak 1.240 warga tidak mengungsi [1].", Fallback.UNSUPPORTED, id="denied"),
    ],
)
def test_otherwise_the_reader_answers(answerer_with: MakeAnswerer, reply: str, why: Fallback) -> None:
    """And the answer says why; its quotes are verbatim."""
    answer = answerer_with(ScriptedModel(reply)).ask(QUESTION)
    assert ("reader", why) == (answer.voice.speaker, answer.voice.fallback)
    assert "1.240" in (answer.text or "")
    assert verbatim(answer)


@pytest.mark.parametrize(
    "reply", ["Tidak ada di artikel.", "Maaf, informasi tersebut tidak ditemukan.", "Artikel tidak menyebutkan itu."]
)
def test_a_model_may_abstain(answerer_with: MakeAnswerer, reply: str) -> None:
    """Its refusal is a refusal, with a reason of its own."""
    answer = answerer_with(ScriptedModel(reply)).ask(QUESTION)
    assert (Status.NOT_IN_ARTICLES, Refusal.MODEL_ABSTAINED) == (answer.status, answer.refusal)


def test_that_there_was_none_is_an_answer(answerer_with: MakeAnswerer) -> None:
    """ "Tidak ada korban jiwa" answers; it is no refusal."""
    model = ScriptedModel("Tidak ada korban jiwa [1].")
    answer = answerer_with(model, bound="free").ask("Apakah ada korban jiwa dalam banjir di Demak?")
    assert ("scripted", "Tidak ada korban jiwa.") == (answer.voice.speaker, answer.text)


def test_where_the_reader_is_sure_nobody_is_asked(answerer_with: MakeAnswerer) -> None:
    """A refusal of the reader's stands, whatever a model would say."""
    model = ScriptedModel(TRUE)
    answer = answerer_with(model).ask("Berapa warga Demak yang menemui Zulkiflyanto?")
    assert (Refusal.NO_SUCH_NAME, []) == (answer.refusal, model.asked)


def test_a_reply_without_marks_is_held_against_everything(answerer_with: MakeAnswerer) -> None:
    """A base model cites nothing: its words are looked for in all it was given."""
    answer = answerer_with(ScriptedModel(" 1.240 warga")).ask(QUESTION)
    assert ("scripted", "1.240 warga") == (answer.voice.speaker, answer.text)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.citations[0].quote
    assert verbatim(answer)


def test_thoughts_are_not_shown(answerer_with: MakeAnswerer) -> None:
    """What a reasoning model mutters is no part of its answer."""
    answer = answerer_with(ScriptedModel(f"<think>Prabowo? 42?</think>\n{TRUE}")).ask(QUESTION)
    assert "Sebanyak 1.240 warga mengungsi ke balai desa." == answer.text


@pytest.mark.parametrize(
    ("reply", "bound", "speaker"),
    [
        (TRUE, "same", "scripted"),
        (TRUE, "within", "reader"),
        ("1.240 warga", "within", "scripted"),
        ("Kerugian ditaksir Rp1,5 miliar [1].", "same", "reader"),
        ("Kerugian ditaksir Rp1,5 miliar [1].", "free", "scripted"),
    ],
)
def test_how_far_a_model_may_leave_the_reader(
    answerer_with: MakeAnswerer, reply: str, bound: str, speaker: str
) -> None:
    """It words the reader's answer, only shortens it, or says whatever has support."""
    assert speaker == answerer_with(ScriptedModel(reply), bound=bound).ask(QUESTION).voice.speaker


@pytest.mark.parametrize(("reply", "speaker"), [("Rp1,5 miliar", "scripted"), ("1,5 miliar", "reader")])
def test_an_amount_keeps_its_currency(answerer_with: MakeAnswerer, reply: str, speaker: str) -> None:
    """Without it, it is another amount; the reader has it."""
    answer = answerer_with(ScriptedModel(reply), bound="within").ask("Berapa kerugian banjir Demak?")
    assert (speaker, "Rp1,5 miliar") == (answer.voice.speaker, answer.text)


class Contradicting:
    """An `Inference` that contradicts everything."""

    def infer(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.tile(np.array([0.1, 0.2, 0.7], np.float32), (len(pairs), 1))


def test_a_contradicted_sentence_has_no_support(answerer_with: MakeAnswerer) -> None:
    """Right words in the wrong order are for the inference head to see."""
    answer = answerer_with(ScriptedModel(TRUE), check=SupportCheck(Contradicting())).ask(QUESTION)
    assert Fallback.UNSUPPORTED is answer.voice.fallback


def test_tokens_become_a_cost_where_prices_are_known(answerer_with: MakeAnswerer) -> None:
    """100 tokens at 10 and 20 at 50 a million."""
    answer = answerer_with(ScriptedModel(TRUE), prices=Prices(10, 50)).ask(QUESTION)
    assert 0.002 == answer.voice.cost


def test_the_same_prompt_is_not_paid_for_twice(answerer_with: MakeAnswerer) -> None:
    """Another question is; the least recently used reply goes first."""
    model = ScriptedModel(TRUE)
    answerer = answerer_with(Remembering(model, 2))
    first, again = answerer.ask(QUESTION), answerer.ask(QUESTION)
    assert (first.text, first.claims, 1) == (again.text, again.claims, len(model.asked))
    assert (120, 0) == tuple(a.voice.prompt_tokens + a.voice.completion_tokens for a in (first, again))
    for other in ("Kapan banjir merendam Demak?", "Berapa kerugian banjir Demak?", QUESTION):
        answerer.ask(other)
    assert 4 == len(model.asked)


def test_a_failing_model_is_left_alone_for_a_while(answerer_with: MakeAnswerer) -> None:
    """After five failures it is not asked; after the cool-down once, and then as before."""
    now = [0.0]
    model = ScriptedModel(*[LlmFailed("no")] * 6, TRUE)
    answerer = answerer_with(Guarded(model, clock=lambda: now[0]))
    heard = [answerer.ask(QUESTION).voice for _ in range(7)]
    assert [Fallback.FAILED] * 5 + [Fallback.RESTING] * 2 == [v.fallback for v in heard]
    assert (0, 5) == (heard[-1].prompt_tokens, len(model.asked))
    now[0] = 61
    assert Fallback.FAILED is answerer.ask(QUESTION).voice.fallback
    assert Fallback.RESTING is answerer.ask(QUESTION).voice.fallback
    now[0] = 122
    assert ["scripted", "scripted"] == [answerer.ask(QUESTION).voice.speaker for _ in range(2)]


def test_the_error_of_a_resting_model_says_when_it_is_asked_again() -> None:
    """In one line."""
    guarded = Guarded(ScriptedModel(LlmFailed("no")), failures=1, cool_down=30, clock=lambda: 0.0)
    with pytest.raises(LlmFailed):
        list(guarded.stream(None, 0))  # type: ignore[arg-type]
    with pytest.raises(LlmResting, match="asked again in 30 s"):
        list(guarded.stream(None, 0))  # type: ignore[arg-type]


def test_usage_is_estimated_where_nobody_counts(answerer_with: MakeAnswerer) -> None:
    """And said to be."""
    answer = answerer_with(ScriptedModel(TRUE, usage=Usage(7, 3, estimated=True))).ask(QUESTION)
    assert (7, 3, True) == (answer.voice.prompt_tokens, answer.voice.completion_tokens, answer.voice.estimated)
