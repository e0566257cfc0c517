"""What every test shares: no network, one real embedder, one fake, a read-only sample index."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from bot.assemble import samples
from bot.settings import MODELS
from index.articles import read_sources
from index.build import NewsIndex
from index.embed import BundledEmbedder, Embedder
from index.records import Article
from tests.fakes import FakeEmbedder, refuse_network, write_tiny_model

# Read when numba is first imported: compiling ranx takes half a minute, sixty rankings without a moment.
os.environ["NUMBA_DISABLE_JIT"] = "1"

ROOT = Path(__file__).resolve().parents[1]
WIB = timezone(timedelta(hours=7))

# An example may take as long as it takes: on a busy machine a deadline tells nothing about the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

_attempts: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Sockets to loopback and unix sockets only; look-ups of nothing but local names."""
    config.option.allow_hosts = "127.0.0.1,::1"  # read by pytest-socket, which follows
    config.option.allow_unix_socket = True
    refuse_network(_attempts.append)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail the test during which something asked for the network, even where the error was swallowed."""
    _attempts.clear()
    yield
    attempts = list(_attempts)
    _attempts.clear()
    assert attempts == []


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material beside the checkout: articles and questions that are not ours to ship."""
    folder = ROOT.parent / "shared"
    if not folder.exists():
        pytest.skip(f"{folder} is not here: it holds articles that belong to their publishers")
    return folder


@pytest.fixture(scope="session")
def embedder() -> BundledEmbedder:
    """The bundled model; its folder (470 MB) is exported once and kept between runs."""
    return BundledEmbedder(MODELS)


@pytest.fixture
def fake_embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, embedder: BundledEmbedder) -> Iterator[NewsIndex]:
    """The sample articles under the real embedder. Read only: other tests see the same one."""
    index = NewsIndex(_samples_embedded(tmp_path_factory, embedder), embedder)
    yield index
    index.close()


def _samples_embedded(tmp_path_factory: pytest.TempPathFactory, embedder: BundledEmbedder) -> Path:
    """A copy of the index of the sample articles, which the first of the workers makes for all."""
    base, own = tmp_path_factory.getbasetemp(), tmp_path_factory.mktemp("samples")
    whole = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "samples-embedded"
    with FileLock(f"{whole}.lock"):
        if not whole.exists():
            made = NewsIndex(own / "made", embedder)
            made.add(read_sources([samples()]))
            made.close()
            (own / "made").rename(whole)
    return Path(shutil.copytree(whole, own / "index"))


TinyModel = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """`tiny_model("cls", seed=0)`: a sentence-transformers folder with a small random BERT, made on the fly."""

    @cache
    def factory(pooling: str, seed: int = 0) -> Path:
        folder = tmp_path_factory.mktemp(f"{pooling}-{seed}")
        write_tiny_model(folder, pooling, seed)
        return folder

    return factory


OpenIndex = Callable[..., NewsIndex]


@pytest.fixture
def open_index(tmp_path: Path, fake_embedder: FakeEmbedder) -> Iterator[OpenIndex]:
    """Open the test's own index, under the fake embedder unless told; again for a second instance of it."""
    opened: list[NewsIndex] = []

    def factory(folder: Path = tmp_path / "index", *, embedder: Embedder = fake_embedder) -> NewsIndex:
        opened.append(NewsIndex(folder, embedder))
        return opened[-1]

    yield factory
    for index in opened:
        index.close()


MakeArticle = Callable[..., Article]


@pytest.fixture(scope="session")
def make_article() -> MakeArticle:
    """`make_article("id", "text", published="2026-03-04", ...)`: an article of an invented outlet.

    `published` is a day or a moment in ISO form, read as WIB (UTC+7), or None.
    """

    def factory(
        id: str = "kn-1",
        text: str = "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa.",
        *,
        title: str = "Banjir Demak",
        outlet: str | None = "Kabar Nusa",
        published: str | None = "2026-03-04",
        section: str | None = "Daerah",
        url: str | None = None,
        author: str | None = None,
    ) -> Article:
        moment = datetime.fromisoformat(published) if published else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=WIB)
        return Article(id, title, text, outlet, moment, url, author, section)

    return factory
