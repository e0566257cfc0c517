"""The training run: steps, checkpoints, and going on after an interruption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from bot.reader.train.batches import Batch, Item, epochs
from bot.reader.train.network import Network


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on; `tokens` is the size of a batch, padding included."""

    steps: int = 2_000  # of the whole schedule
    stop: int | None = None  # a step before its end at which to stop
    tokens: int = 2_560
    rate: float = 1.5e-4
    warm_up: float = 0.06  # share of the steps
    decay: float = 0.01
    frozen: int = 4  # layers that keep their weights: a quarter less work for no loss that showed
    seed: int = 13


def train(
    network: Network, items: Sequence[Item], recipe: Recipe, checkpoint: Path, *, resume: bool, every: int,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Train in place, with a checkpoint every `every` steps; `resume` continues from the last one."""
    network.freeze(recipe.frozen)
    network.train()
    torch.manual_seed(recipe.seed)
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(_groups(network, recipe.decay), lr=recipe.rate, betas=(0.9, 0.98), fused=True)
    done = _restored(network, optimizer, recipe, checkpoint) if resume and checkpoint.exists() else 0
    last = recipe.stop or recipe.steps
    shown, seen, started = 0.0, 0, time.monotonic()
    for step, batch in enumerate(_from(epochs(items, recipe.tokens, recipe.seed), done), done + 1):
        if step > last:
            break
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * _schedule(step, recipe)
        loss = network.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        shown, seen = shown + loss.item(), seen + 1
        if step % 50 == 0 or step == last:
            pace = (time.monotonic() - started) / (step - done)
            say(f"step {step}/{last}  loss {shown / seen:.3f}  {pace:.2f} s a step")
            shown, seen = 0.0, 0
        if step % every == 0 or step == last:
            _keep(network, optimizer, recipe, step, checkpoint)


def _from(batches: Iterator[Batch], done: int) -> Iterator[Batch]:
    return islice(batches, done, None)


def _schedule(step: int, recipe: Recipe) -> float:
    """Up in a line, then down along half a cosine."""
    warm_up = max(1, int(recipe.steps * recipe.warm_up))
    if step <= warm_up:
        return step / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (step - warm_up) / max(1, recipe.steps - warm_up))


def _groups(network: Network, decay: float) -> list[dict[str, Any]]:
    named = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
    return [
        {"params": [p for _, p in named if p.dim() > 1], "weight_decay": decay},
        {"params": [p for _, p in named if p.dim() == 1], "weight_decay": 0.0},
    ]


def _keep(network: Network, optimizer: torch.optim.Optimizer, recipe: Recipe, step: int, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "recipe": asdict(recipe), "step": step, "random": torch.get_rng_state()}, part)
    part.replace(path)


def _restored(network: Network, optimizer: torch.optim.Optimizer, recipe: Recipe, path: Path) -> int:
    kept = torch.load(path, weights_only=True)
    if kept["recipe"] != asdict(recipe):
        raise ValueError(
            f"{path}: got a run of {kept['recipe']}, expected {asdict(recipe)}; start anew or use its recipe"
        )
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    torch.set_rng_state(kept["random"])
    return int(kept["step"])
