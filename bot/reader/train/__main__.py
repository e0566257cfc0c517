"""`python -m bot.reader.train`: from the data sets to the weights and the calibration that ship."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import torch

from bot.reader.combine import FILE as CALIBRATION
from bot.reader.model import WEIGHTS, ReaderModel
from bot.reader.train.batches import Item, encoded, encoded_pairs
from bot.reader.train.calibrate import ask, fit, held_out, thresholds, write
from bot.reader.train.export import export
from bot.reader.train.loop import Recipe, train
from bot.reader.train.mixture import Mixture, general, news
from bot.reader.train.network import Network
from bot.reader.train.questions import VALIDATION, written
from bot.settings import MODELS
from index import e5
from index.articles import read_sources
from index.build import NewsIndex
from index.embed import BundledEmbedder
from index.records import Article

log = logging.getLogger("bot.reader.train")


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a run: what it learns from, and how."""

    name: str
    collect: Callable[[Path, Path, int], Mixture]
    recipe: Recipe


# About two hours on two cores that have bfloat16. The first stage ends while its rate is still falling:
# the second warms up again anyway.
STAGES = (
    Stage("general", general, Recipe(steps=2_600, stop=1_600, rate=1.8e-4)),
    Stage("news", news, Recipe(steps=1_650, rate=1.2e-4)),
)


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True), help="Folder of the data sets.")
@click.option("--corpus", required=True, type=click.Path(path_type=Path, exists=True), help="Folder of articles.")
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Where checkpoints go.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option("--calibrate-only", is_flag=True, help="Only fit the calibration again, to the weights that are there.")
def main(data: Path, corpus: Path, work: Path, resume: bool, calibrate_only: bool) -> None:
    """Train the reader, and write its weights and calibration into the package."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    work.mkdir(parents=True, exist_ok=True)
    if not calibrate_only:
        _train(data, corpus, work, resume)
    _calibrate(corpus, work)


def _train(data: Path, corpus: Path, work: Path, resume: bool) -> None:
    weights = e5.read(e5.bundled_file())
    network = Network(weights, seed=STAGES[0].recipe.seed)
    for stage in STAGES:
        items = _items(work / f"{stage.name}.pickle", stage, data, corpus, weights)
        log.info("%s: %d sequences, %d tokens", stage.name, len(items), sum(len(i.ids) for i in items))
        train(network, items, stage.recipe, work / f"{stage.name}.pt", resume=resume, every=200, say=log.info)
    recipe = {stage.name: str(stage.recipe) for stage in STAGES}
    export(network, STAGES[-1].recipe.frozen, WEIGHTS, {"torch": torch.__version__, **recipe})


def _items(kept: Path, stage: Stage, data: Path, corpus: Path, weights: e5.Weights) -> list[Item]:
    """The encoded mixture, which takes a minute to make and is kept for a resumed run."""
    if not kept.exists():
        examples, pairs = stage.collect(data, corpus, stage.recipe.seed)
        tokenizer = e5.tokenizer(weights)
        kept.write_bytes(pickle.dumps([*encoded(tokenizer, examples), *encoded_pairs(tokenizer, pairs)]))
    items: list[Item] = pickle.loads(kept.read_bytes())
    return items


def _calibrate(corpus: Path, work: Path) -> None:
    """Fit the calibration on an index of the file of articles that the validation questions were written for."""
    articles = {a.id: a for a in read_sources([corpus / "detik.jsonl"]) if isinstance(a, Article)}
    index = NewsIndex(work / "index", BundledEmbedder(MODELS))
    try:
        index.add(articles.values())
        asked = ask(list(written(articles, VALIDATION)), index, ReaderModel(MODELS))
    finally:
        index.close()
    probability, scores = held_out(asked)
    answerable = [a.answerable for a in asked]
    log.info("held out: token F1 %.3f of %d answerable questions", scores[answerable].mean(), sum(answerable))
    write(CALIBRATION, *fit(asked), thresholds(asked, probability))


if __name__ == "__main__":
    main()
