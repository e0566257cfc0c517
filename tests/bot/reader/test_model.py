"""The shipped model: its graph computes what the network does, offsets point where they say, neighbours have no say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.reader import model as model_module
from bot.reader.graph import FP32, LARGEST_WEIGHT, build, quantised
from bot.reader.model import WEIGHTS, ReaderModel, Text, assembled, session
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
    """BertModel of transformers under the same weights, in 32 bits."""
    torch = pytest.importorskip("torch")
    from bot.reader.train.network import Network

    base = e5.read(e5.bundled_file())
    network = Network(base, seed=3).eval()
    state = {name.removeprefix("bert."): value.numpy() for name, value in network.state_dict().items()}
    graph = build(state, base.layers, base.heads, base.epsilon, FP32)
    ids = np.random.default_rng(0).integers(5, base.vocabulary, (2, 24))
    embedded = sum(
        state[f"embeddings.{kind}_embeddings.weight"][rows]
        for kind, rows in (("word", ids), ("position", np.arange(24)), ("token_type", 0))
    )
    with torch.inference_mode():
        start, end, relevance, inference = network(torch.from_numpy(ids), torch.ones_like(torch.from_numpy(ids)))
    span, *heads = session(graph).run(None, {"embedded": embedded})
    np.testing.assert_allclose(start.numpy(), span[..., 0], atol=2e-3)
    np.testing.assert_allclose(end.numpy(), span[..., 1], atol=2e-3)
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
    """Each has its own scales and no padding: what else is asked has no say."""
    question = "Berapa magnitudo gempa Padang?"
    (alone,) = model.read(question, [GEMPA])
    among = model.read(question, [RESEP, GEMPA, Text("Panjang sekali. " * 60), GEMPA])
    for one in (among[1], among[3]):
        assert alone.relevance == pytest.approx(one.relevance, abs=1e-5)
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


def test_a_graph_that_is_built_otherwise_goes_by_another_name(
    model: ReaderModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no older version's file is run."""
    before = ReaderModel(tmp_path).fingerprint
    assert model.fingerprint == before
    changed = tmp_path / "graph.py"
    changed.write_bytes(model_module.GRAPH.read_bytes() + b"\n")
    monkeypatch.setattr(model_module, "GRAPH", changed)
    assert ReaderModel(tmp_path).fingerprint != before


def test_the_graph_has_a_byte_for_a_weight() -> None:
    base = e5.read(e5.bundled_file())
    assert len(build(assembled(base, WEIGHTS), base.layers, base.heads, base.epsilon)) < 25_000_000


def test_weights_fit_any_processor() -> None:
    """Half a step off at most; two products with the largest activation fit into 16 bits; zeros stay zeros."""
    matrix = np.random.default_rng(5).normal(0, 3, (6, 64)).astype(np.float32)
    matrix[2] = 0
    codes, scales = quantised(matrix)
    assert (np.abs(codes * scales[:, None] - matrix) <= scales[:, None] * 0.501).all()
    assert np.abs(codes).max() == LARGEST_WEIGHT
    assert 2 * 255 * LARGEST_WEIGHT < 2**15
    assert not codes[2].any()


class _Precise(ReaderModel):
    """The same model computing in 32 bits."""

    def __init__(self, model: ReaderModel) -> None:
        super().__init__(model._cache)

    @property
    def _session(self):  # type: ignore[no-untyped-def, override]
        base = e5.read(e5.bundled_file())
        return session(build(assembled(base, self._weights), base.layers, base.heads, base.epsilon, FP32))
