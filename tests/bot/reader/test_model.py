"""The shipped model: its graph computes what the network does, offsets point where they say, batches do not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.reader.graph import FP32, INT8, build
from bot.reader.model import ReaderModel, Text, assembled
from bot.reader.weights import Blocks
from bot.settings import MODELS
from index import e5

GEMPA = Text(
    "Gempa bermagnitudo 5,8 mengguncang Kota Padang pada Senin pagi. "
    "Kepala BPBD Rahmat Hidayat mengatakan 42 rumah rusak.",
    "Gempa Guncang Padang (9 Maret 2026)",
)
RESEP = Text("Campurkan tepung dan gula, lalu aduk sampai rata. Panggang selama dua puluh menit.")


@pytest.fixture(scope="module")
def model() -> ReaderModel:
    return ReaderModel(MODELS)


def test_the_graph_computes_what_the_network_does() -> None:
    """BertModel of transformers under the same weights, in 32 bits; padding changes nothing."""
    torch = pytest.importorskip("torch")
    from bot.reader.train.network import Network

    base = e5.read(e5.bundled_file())
    network = Network(base, seed=3).eval()
    state = {name.removeprefix("bert."): value.numpy() for name, value in network.state_dict().items()}
    graph = build(state, base.layers, base.heads, base.epsilon, FP32)
    ids = np.random.default_rng(0).integers(5, base.vocabulary, (2, 24))
    mask = np.ones((2, 24), np.int32)
    mask[1, 15:] = 0
    embedded = sum(
        state[f"embeddings.{kind}_embeddings.weight"][rows]
        for kind, rows in (("word", ids), ("position", np.arange(24)), ("token_type", 0))
    )
    with torch.inference_mode():
        start, end, relevance, inference = network(torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64)))
    span, *heads = _session(graph).run(None, {"embedded": embedded, "mask": mask})
    real = mask == 1
    np.testing.assert_allclose(start.numpy()[real], span[..., 0][real], atol=2e-3)
    np.testing.assert_allclose(end.numpy()[real], span[..., 1][real], atol=2e-3)
    np.testing.assert_allclose(relevance.numpy(), heads[0][:, 0], atol=2e-3)
    np.testing.assert_allclose(inference.numpy(), heads[1], atol=2e-3)


def test_eight_bits_say_what_thirty_two_say(model: ReaderModel) -> None:
    """The relevance of right and wrong passages, and the best span, within what cannot turn an answer."""
    precise = _Precise(model)
    for question in ("Berapa magnitudo gempa Padang?", "Siapa kepala BPBD Padang?", "Berapa lama kue dipanggang?"):
        for text, small, large in zip(
            (GEMPA, RESEP), model.read(question, [GEMPA, RESEP]), precise.read(question, [GEMPA, RESEP]), strict=True
        ):
            assert small.relevance == pytest.approx(large.relevance, abs=0.5), (question, text)
            assert small.found[0].margin == pytest.approx(large.found[0].margin, abs=1.0)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Berapa magnitudo gempa di Padang?", "5,8"), ("Ada berapa rumah yang rusak akibat gempa Padang?", "42")],
)
def test_points_at_the_answer(model: ReaderModel, question: str, answer: str) -> None:
    judged = model.read(question, [RESEP, GEMPA])
    assert judged[1].relevance > judged[0].relevance
    span = judged[1].found[0].span
    assert answer in GEMPA.passage[span.start : span.end]
    assert judged[1].found[0].margin > judged[0].found[0].margin


def test_a_passage_is_read_alike_alone_and_among_others(model: ReaderModel) -> None:
    """Activations are quantised row by row: what else is in the batch has no say."""
    question = "Berapa magnitudo gempa Padang?"
    (alone,) = model.read(question, [GEMPA])
    among = model.read(question, [RESEP, GEMPA, Text("Panjang sekali. " * 60), GEMPA])
    for one in (among[1], among[3]):
        assert alone.relevance == pytest.approx(one.relevance, abs=1e-3)
        assert [f.span for f in alone.found] == [f.span for f in one.found]


def test_a_statement_is_held_against_its_source(model: ReaderModel) -> None:
    """Entailment, neutral, contradiction: the order of the columns, and rows that sum to 1."""
    premise = "Polisi menangkap tiga tersangka pembakaran pasar di Banjarmasin pada Selasa malam."
    said, denied = model.infer(
        [(premise, "Tiga tersangka ditangkap polisi."), (premise, "Polisi tidak menangkap siapa pun.")]
    )
    assert 0 == said.argmax()
    assert 2 == denied.argmax()
    np.testing.assert_allclose([1, 1], [said.sum(), denied.sum()], atol=1e-5)
    assert (0, 3) == model.infer([]).shape


@pytest.mark.parametrize(
    "passage",
    [
        "",
        " ",
        "🙂" * 50,
        "\ud800 setengah",
        "a" * 5_000,
        "kata " * 2_000,
        "İ ﬁ ½ ㎏\u00a0x",
        "\x00\x01 baris\n\n\tbaru",
    ],
    ids=["empty", "blank", "emoji", "surrogate", "one word", "long", "odd", "control"],
)
def test_odd_passages_are_read(model: ReaderModel, passage: str) -> None:
    (judged,) = model.read("Apa itu? " * 100, [Text(passage, "Judul")])
    for found in judged.found:
        assert 0 <= found.span.start < found.span.end <= len(passage)


def test_its_folder_may_be_emptied_at_any_time(model: ReaderModel, tmp_path: Path) -> None:
    """It is made from installed packages; the same weights give the same name."""
    other = ReaderModel(tmp_path / "models")
    assert model.fingerprint == other.fingerprint
    assert model.read("Berapa magnitudo?", [GEMPA]) == other.read("Berapa magnitudo?", [GEMPA])


class _Precise(ReaderModel):
    """The same model computing in 32 bits."""

    def __init__(self, model: ReaderModel) -> None:
        super().__init__(model._cache)

    @property
    def _session(self):  # type: ignore[no-untyped-def, override]
        base = e5.read(e5.bundled_file())
        return _session(build(assembled(base, self._weights), base.layers, base.heads, base.epsilon, FP32))


def _session(graph: bytes):  # type: ignore[no-untyped-def]
    from onnxruntime import InferenceSession

    return InferenceSession(graph, providers=["CPUExecutionProvider"])


def test_the_shipped_matrices_are_in_eight_bits() -> None:
    base = e5.read(e5.bundled_file())
    tensors = assembled(base, ReaderModel(MODELS)._weights)
    assert all(isinstance(v, Blocks) for n, v in tensors.items() if n.startswith("encoder") and n.endswith("e.weight"))
    assert len(build(tensors, base.layers, base.heads, base.epsilon, INT8)) < 25_000_000
