"""One contract for every embedder, and what each promises on top of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.embed import BATCH, BundledEmbedder, Embedder, Embedding, PassageText, Prefixes, SentenceTransformerEmbedder
from index.errors import ModelError
from tests.conftest import TinyModel
from tests.fakes import FakeEmbedder

FLOOD = "Banjir merendam Demak. Sebanyak 1.240 warga mengungsi. Jalur kereta api tidak terganggu."
FLOOD_SENTENCES = ((0, 22), (23, 54), (55, 88))
PASSAGES = [
    PassageText("Banjir Demak (4 Maret 2026)", FLOOD, FLOOD_SENTENCES),
    PassageText("Harga Cabai", "Harga cabai rawit naik menjadi Rp120.000.", ((0, 41),)),
    PassageText("", "Vonis dibacakan Jumat “sore” 🙂.", ((0, 31),)),
]

Make = Callable[[pytest.FixtureRequest], Embedder]


def bundled(request: pytest.FixtureRequest) -> Embedder:
    return request.getfixturevalue("embedder")  # type: ignore[no-any-return]


def by_path(request: pytest.FixtureRequest) -> Embedder:
    folder = request.getfixturevalue("embedder")._path()
    return SentenceTransformerEmbedder(folder, Prefixes("query: ", "passage: "))


def pooled_by_first_token(request: pytest.FixtureRequest) -> Embedder:
    return SentenceTransformerEmbedder(str(request.getfixturevalue("tiny_model")("cls")), Prefixes())


def pooled_by_mean(request: pytest.FixtureRequest) -> Embedder:
    return SentenceTransformerEmbedder(str(request.getfixturevalue("tiny_model")("mean")), Prefixes())


def fake(_: pytest.FixtureRequest) -> Embedder:
    return FakeEmbedder()


@pytest.fixture(
    scope="module",
    params=[fake, bundled, by_path, pooled_by_first_token, pooled_by_mean],
    ids=lambda make: make.__name__,
)
def each(request: pytest.FixtureRequest) -> Embedder:
    make: Make = request.param
    return make(request)


def embed(embedder: Embedder, passages: list[PassageText]) -> list[Embedding]:
    found = dict(embedder.embed_passages(passages))
    assert sorted(found) == list(range(len(passages)))
    return [found[n] for n in range(len(passages))]


class TestEveryEmbedder:
    """What the index relies on."""

    def test_vectors_are_unit_length_and_of_one_dimension(self, each: Embedder) -> None:
        query = each.embed_query("berapa warga mengungsi?")
        for passage, embedding in zip(PASSAGES, embed(each, PASSAGES), strict=True):
            assert query.shape == embedding.vector.shape
            assert (len(passage.sentences), *query.shape) == embedding.sentences.shape
            vectors = np.vstack([query, embedding.vector, embedding.sentences])
            assert np.float32 == query.dtype == embedding.vector.dtype == embedding.sentences.dtype
            assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)

    def test_positions_survive_batching(self, each: Embedder) -> None:
        """Many passages of mixed lengths come back under their own positions."""
        passages = [PASSAGES[n % 3] for n in range(BATCH + 2)]
        singly = embed(each, PASSAGES)
        for n, embedding in enumerate(embed(each, passages)):
            assert float(embedding.vector @ singly[n % 3].vector) > 0.999

    def test_nothing_in_nothing_out(self, each: Embedder) -> None:
        assert [] == list(each.embed_passages([]))

    def test_a_passage_without_sentences(self, each: Embedder) -> None:
        [embedding] = embed(each, [PassageText("Judul", "Isi.", ())])
        assert (0, *embedding.vector.shape) == embedding.sentences.shape

    @pytest.mark.parametrize("text", ["", " ", "\0", "a\0b", "🙂", "\ud800", "kata " * 150, "x" * 600])
    def test_any_question_has_a_vector(self, each: Embedder, text: str) -> None:
        """Empty, endless and broken ones too: a question never crashes the search."""
        assert np.isfinite(each.embed_query(text)).all()

    def test_a_passage_beyond_the_window(self, each: Embedder) -> None:
        """A sentence the model cannot see has a vector all the same."""
        text = "kata " * 700 + "Akhir."
        [embedding] = embed(each, [PassageText("", text, ((0, 3_499), (3_500, 3_506)))])
        assert np.isfinite(embedding.sentences).all()

    def test_same_text_same_vector(self, each: Embedder) -> None:
        assert each.embed_query("banjir").tolist() == each.embed_query("banjir").tolist()

    def test_named_and_fingerprinted(self, each: Embedder) -> None:
        """The index records both; the fingerprint is the same on each reading."""
        assert each.name
        assert each.fingerprint
        assert each.fingerprint == each.fingerprint


@pytest.mark.parametrize("make", [fake, bundled, by_path], ids=lambda make: make.__name__)
def test_meaning(make: Make, request: pytest.FixtureRequest) -> None:
    """The passage and the sentence that answer a question are its nearest."""
    embedder = make(request)
    query = embedder.embed_query("Berapa warga yang mengungsi di Demak?")
    embeddings = embed(embedder, PASSAGES)
    assert 0 == int(np.argmax([e.vector @ query for e in embeddings]))
    assert 1 == int(np.argmax(embeddings[0].sentences @ query))


def test_sentence_vectors_are_late(embedder: BundledEmbedder) -> None:
    """A sentence's vector is that of its tokens in the pass over the whole chunk: neighbours colour it."""
    alone = embed(embedder, [PassageText("", "Ia mengungsi.", ((0, 13),))])[0].sentences[0]
    flood = embed(embedder, [PassageText("Banjir Demak", "Banjir di Demak. Ia mengungsi.", ((0, 16), (17, 30)))])[0]
    fire = embed(embedder, [PassageText("Kebakaran", "Pasar terbakar. Ia mengungsi.", ((0, 15), (16, 29)))])[0]
    query = embedder.embed_query("banjir Demak")
    assert flood.sentences[1] @ query > fire.sentences[1] @ query
    assert flood.sentences[1] @ query > alone @ query


def test_one_sentence_without_context_is_near_its_chunk(embedder: BundledEmbedder) -> None:
    [embedding] = embed(embedder, [PassageText("", FLOOD, ((0, len(FLOOD)),))])
    assert float(embedding.vector @ embedding.sentences[0]) > 0.97


def test_context_moves_the_vector(embedder: BundledEmbedder) -> None:
    """The title and date before a chunk are part of what is embedded."""
    bare, titled = embed(
        embedder,
        [PassageText("", PASSAGES[1].chunk, ((0, 41),)), PassageText("Banjir Demak", PASSAGES[1].chunk, ((0, 41),))],
    )
    query = embedder.embed_query("banjir Demak")
    assert titled.vector @ query > bare.vector @ query


def test_both_pooling_paths_agree_where_they_must(tiny_model: TinyModel) -> None:
    """Late sentence vectors need mean pooling; another pooling embeds each sentence on its own."""
    first = SentenceTransformerEmbedder(str(tiny_model("cls")), Prefixes(passage="p: "))
    [embedding] = embed(first, [PASSAGES[0]])
    separately = first._encode([f"p: {FLOOD[a:b]}" for a, b in FLOOD_SENTENCES])
    assert embedding.sentences == pytest.approx(separately, abs=1e-5)
    mean = SentenceTransformerEmbedder(str(tiny_model("mean")), Prefixes(passage="p: "))
    [embedding] = embed(mean, [PASSAGES[0]])
    [whole] = mean._encode([f"p: {PASSAGES[0].context}\n{FLOOD}"])
    assert float(embedding.vector @ whole) > 0.999
    assert not np.allclose(embedding.sentences[0], embedding.sentences[1])


def test_prefixes_reach_the_model(tiny_model: TinyModel) -> None:
    folder = str(tiny_model("cls"))
    with_prefix = SentenceTransformerEmbedder(folder, Prefixes(query="query: "))
    without = SentenceTransformerEmbedder(folder, Prefixes())
    assert with_prefix.embed_query("banjir") == pytest.approx(without.embed_query("query: banjir"))


def test_fingerprint_changes_with_prefixes_and_weights(tiny_model: TinyModel) -> None:
    """Whatever changes the vectors changes the fingerprint; another object of the same model does not."""
    folder = str(tiny_model("cls"))
    same = {SentenceTransformerEmbedder(folder, Prefixes("q: ", "p: ")).fingerprint for _ in range(2)}
    others = {
        SentenceTransformerEmbedder(folder, Prefixes("", "p: ")).fingerprint,
        SentenceTransformerEmbedder(str(tiny_model("cls", seed=1)), Prefixes("q: ", "p: ")).fingerprint,
    }
    assert (1, 2, 3) == (len(same), len(others), len(same | others))


def test_fingerprint_changes_with_the_pooling(tiny_model: TinyModel) -> None:
    """The same weights pooled otherwise are another model."""
    cls, mean = (SentenceTransformerEmbedder(str(tiny_model(how)), Prefixes()).fingerprint for how in ("cls", "mean"))
    assert cls != mean


def missing_path(tmp_path: Path, _: TinyModel) -> str:
    return str(tmp_path / "no-such-model")


def missing_name(_: Path, __: TinyModel) -> str:
    return "no-such-org/no-such-model"


def bare_name(_: Path, __: TinyModel) -> str:
    return "no-such-model"


def empty_folder(tmp_path: Path, _: TinyModel) -> str:
    return str(tmp_path)


def damaged_weights(_: Path, tiny_model: TinyModel) -> str:
    folder = tiny_model("cls", seed=2)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])
    return str(folder)


def damaged_config(_: Path, tiny_model: TinyModel) -> str:
    folder = tiny_model("cls", seed=3)
    (folder / "modules.json").write_text("{")
    return str(folder)


def config_of_another_kind(_: Path, tiny_model: TinyModel) -> str:
    folder = tiny_model("cls", seed=4)
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "no.such.Module"}]))
    return str(folder)


@pytest.mark.parametrize(
    "make",
    [missing_path, missing_name, bare_name, empty_folder, damaged_weights, damaged_config, config_of_another_kind],
    ids=lambda make: make.__name__,
)
def test_a_model_that_cannot_be_loaded(
    make: Callable[[Path, TinyModel], str], tmp_path: Path, tiny_model: TinyModel
) -> None:
    """One line that names the model and what is expected; the network is never asked (see conftest)."""
    name = make(tmp_path, tiny_model)
    with pytest.raises(ModelError) as error:
        SentenceTransformerEmbedder(name, Prefixes()).embed_query("banjir")
    assert 1 == len(str(error.value).splitlines())
    assert f"embedding model {name!r}: got " in str(error.value)
    assert "expected a sentence-transformers folder" in str(error.value)
