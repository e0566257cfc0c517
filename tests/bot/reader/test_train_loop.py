"""A training run: it learns, and an interrupted one goes on as if it had not been."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bot.reader.train.batches import IGNORED, PAD, Item, batches, collate  # noqa: E402
from bot.reader.train.export import export  # noqa: E402
from bot.reader.train.loop import Recipe, train  # noqa: E402
from bot.reader.train.network import Network  # noqa: E402
from bot.reader.weights import Blocks, read  # noqa: E402
from index import e5  # noqa: E402

RECIPE = Recipe(steps=8, tokens=256, rate=1e-3, frozen=1, seed=1)


@pytest.fixture(scope="module")
def tiny() -> e5.Weights:
    """An encoder of two layers with random weights, in the wheel's own format."""
    rng = np.random.default_rng(0)
    hidden, ff, words, positions = 32, 64, 96, 64
    shapes = {"q": hidden * hidden, "k": hidden * hidden, "v": hidden * hidden, "ao": hidden * hidden}
    tensors = {
        "emb.word": _blocks(rng, words * hidden),
        "emb.pos": rng.normal(0, 0.02, positions * hidden).astype("<f4"),
        "emb.type": rng.normal(0, 0.02, 2 * hidden).astype("<f4"),
        "emb.ln.w": np.ones(hidden, "<f4"),
        "emb.ln.b": np.zeros(hidden, "<f4"),
    }
    for layer in range(2):
        for name, size in {**shapes, "fi": hidden * ff, "fo": hidden * ff}.items():
            tensors[f"l{layer}.{name}.w"] = _blocks(rng, size)
            tensors[f"l{layer}.{name}.b"] = np.zeros(ff if name == "fi" else hidden, "<f4")
        for name in ("aln", "oln"):
            tensors[f"l{layer}.{name}.w"], tensors[f"l{layer}.{name}.b"] = (
                np.ones(hidden, "<f4"),
                np.zeros(hidden, "<f4"),
            )
    return e5.Weights(hidden, 2, 4, ff, words, positions, 2, 1e-12, 0, 2, PAD, 3, [], {}, tensors)


def _blocks(rng: np.random.Generator, size: int) -> np.ndarray:
    blocks = np.zeros(size // e5.BLOCK, e5._BLOCK_DTYPE)
    blocks["scale"] = 0.02
    blocks["nibbles"] = rng.integers(0, 256, blocks["nibbles"].shape)
    return blocks


@pytest.fixture(scope="module")
def items() -> list[Item]:
    """The answer is the one token 90; half the sequences do not have it. Pairs say which of two tokens they hold."""
    rng = np.random.default_rng(1)
    made = []
    for n in range(40):
        ids = rng.integers(5, 80, int(rng.integers(8, 14)))
        place = int(rng.integers(1, len(ids)))
        if n % 2:
            ids[place] = 90
        made.append(Item(ids, place, place) if n % 2 else Item(ids, 0, 0))
        made.append(Item(np.array([0, 80 + n % 3, 5, 6]), label=n % 3))
    return made


def silent(_: str) -> None: ...


def test_it_learns(tiny: e5.Weights, items: list[Item], tmp_path: Path) -> None:
    said: list[str] = []
    network = Network(tiny, seed=1)
    train(network, items, replace(RECIPE, steps=150), tmp_path / "c.pt", resume=False, every=1_000, say=said.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in said]
    assert losses[-1] < 0.6 * losses[0], losses


def test_an_interrupted_run_ends_where_a_whole_one_does(tiny: e5.Weights, items: list[Item], tmp_path: Path) -> None:
    whole = Network(tiny, seed=1)
    train(whole, items, RECIPE, tmp_path / "whole.pt", resume=False, every=100, say=silent)
    first = Network(tiny, seed=1)
    train(first, items, replace(RECIPE, stop=5), tmp_path / "part.pt", resume=False, every=100, say=silent)
    kept = torch.load(tmp_path / "part.pt", weights_only=True)
    torch.save({**kept, "recipe": {**kept["recipe"], "stop": None}}, tmp_path / "part.pt")
    second = Network(tiny, seed=99)
    train(second, items, RECIPE, tmp_path / "part.pt", resume=True, every=100, say=silent)
    for (name, a), b in zip(whole.state_dict().items(), second.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, msg=name)


def test_a_checkpoint_of_another_recipe_is_refused(tiny: e5.Weights, items: list[Item], tmp_path: Path) -> None:
    train(Network(tiny), items, replace(RECIPE, stop=1), tmp_path / "c.pt", resume=False, every=1, say=silent)
    with pytest.raises(ValueError, match=r"got a run of .* expected .*; start anew or use its recipe"):
        train(Network(tiny), items, RECIPE, tmp_path / "c.pt", resume=True, every=1, say=silent)


def test_what_is_frozen_stays_and_does_not_ship(tiny: e5.Weights, items: list[Item], tmp_path: Path) -> None:
    network = Network(tiny, seed=1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train(network, items, RECIPE, tmp_path / "c.pt", resume=False, every=100, say=silent)
    changed = {n.removeprefix("bert.") for n, v in network.state_dict().items() if not torch.equal(v, before[n])}
    assert not any(name.startswith(("embeddings", "encoder.layer.0.")) for name in changed)
    export(network, RECIPE.frozen, tmp_path / "model" / "reader.safetensors", {})
    shipped = read(tmp_path / "model" / "reader.safetensors")
    assert changed == set(shipped)
    assert isinstance(shipped["encoder.layer.1.output.dense.weight"], Blocks)


def test_a_batch_is_of_one_task_and_within_its_size(items: list[Item]) -> None:
    import random

    made = batches(items, 60, random.Random(0))
    assert len(items) == sum(len(batch.ids) for batch in made)
    for batch in made:
        assert batch.ids.size <= 60
        assert batch.reads != bool((batch.label != IGNORED).any())
        assert ((batch.ids == PAD) == (batch.mask == 0)).all()


def test_padding_is_masked() -> None:
    batch = collate([Item(np.array([7, 8, 9])), Item(np.array([7]))])
    assert [[7, 8, 9], [7, PAD, PAD]] == batch.ids.tolist()
    assert [[1, 1, 1], [1, 0, 0]] == batch.mask.tolist()
