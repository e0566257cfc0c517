"""The trained model at work: a question and passages to logits, pairs of statements to probabilities."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.reader.decode import Found, decode
from bot.reader.weights import VECTORS, Blocks, Tensor, read
from index import e5
from index.records import Span

WEIGHTS = Path(str(files("bot.reader") / "model" / "reader.safetensors"))
LONGEST = 384  # tokens of question and passage together
QUESTION = 400  # characters of a question that are read
BATCH = 8
PAD = 1
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage, and the line that stands before it when it is read."""

    passage: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model says of one passage: the logit that it answers, and the best spans."""

    relevance: float
    found: tuple[Found, ...]


class ReaderModel:
    """multilingual-e5-small with its trained upper layers, in ONNX Runtime; `cache` may be emptied at any time."""

    def __init__(self, cache: Path, weights: Path = WEIGHTS) -> None:
        self._weights = weights
        self._cache = cache

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the answers would."""
        digest = sha256(self._weights.read_bytes())
        digest.update(e5.fingerprint(e5.bundled_file()).encode())
        return digest.hexdigest()[:16]

    def read(self, question: str, texts: Sequence[Text]) -> list[Judged]:
        """What each passage says to the question, in the order of `texts`."""
        question = question[:QUESTION]
        codes = self._encoded([(question, f"{t.header}\n{t.passage}" if t.header else t.passage) for t in texts])
        judged: list[Judged] = []
        for at in range(0, len(codes), BATCH):
            span, relevance, _ = self._run(codes[at : at + BATCH])
            for row, (code, text) in enumerate(zip(codes[at : at + BATCH], texts[at : at + BATCH], strict=True)):
                judged.append(Judged(float(relevance[row]), tuple(decode(span[row], _offsets(code, text)))))
        return judged

    def infer(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Probabilities of entailment, neutral and contradiction for (premise, statement) pairs, shape (n, 3)."""
        codes = self._encoded(list(pairs))
        logits = [self._run(codes[at : at + BATCH])[2] for at in range(0, len(codes), BATCH)]
        return _softmax(np.concatenate(logits)) if logits else np.zeros((0, 3), np.float32)

    def _run(self, codes: Sequence[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        length = max(len(code.ids) for code in codes)
        ids = np.full((len(codes), length), PAD, np.int64)
        mask = np.zeros((len(codes), length), np.int32)
        for row, code in enumerate(codes):
            ids[row, : len(code.ids)] = code.ids
            mask[row, : len(code.ids)] = 1
        span, relevance, inference = self._session.run(None, {"embedded": self._embedded(ids), "mask": mask})
        return span, relevance[:, 0], inference

    def _embedded(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        words = self._base.tensors["emb.word"].reshape(self._base.vocabulary, -1)
        unique, places = np.unique(ids, return_inverse=True)
        vectors = e5.dequantise(words[unique].reshape(-1), self._base.hidden)[places.reshape(ids.shape)]
        positions = self._base.tensors["emb.pos"].reshape(-1, self._base.hidden)[: ids.shape[1]]
        kind = self._base.tensors["emb.type"].reshape(-1, self._base.hidden)[0]
        return np.asarray(vectors + positions + kind, np.float32)

    def _encoded(self, pairs: list[tuple[str, str]]) -> list[Any]:
        pairs = [(_encodable(a), _encodable(b)) for a, b in pairs]
        codes: list[Any] = self._tokenizer.encode_batch(pairs)
        return codes

    @cached_property
    def _base(self) -> e5.Weights:
        return e5.read(e5.bundled_file(), vocabulary=False)

    @cached_property
    def _folder(self) -> Path:
        folder = self._cache / f"reader-{self.fingerprint}"
        if not folder.exists():
            _prepare(folder, self._weights)
        return folder

    @cached_property
    def _tokenizer(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(LONGEST, strategy="longest_first")
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        # Threads that spin while they wait cost a busy machine more than they gain an idle one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = str(self._folder / "reader.onnx")
        return InferenceSession(path, options, providers=["CPUExecutionProvider"])


def assembled(base: e5.Weights, weights: Path) -> dict[str, Tensor]:
    """Every tensor of the network: the shipped ones over the base model's, whose matrices get the same 8 bits."""
    tensors = {
        name: value if name.endswith(VECTORS) else Blocks.of(value)
        for name, value in e5.state_dict(base).items()
        if name.startswith(("encoder", "embeddings.LayerNorm"))
    }
    return tensors | read(weights)


def _prepare(folder: Path, weights: Path) -> None:
    """Write the graph and the tokenizer, whole or not at all."""
    from bot.reader.graph import build

    base = e5.read(e5.bundled_file())
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Moved into place at the end, so that there is nothing left to clean up then.
    with tempfile.TemporaryDirectory(prefix=".reader-", dir=folder.parent, ignore_cleanup_errors=True) as work:
        graph = build(assembled(base, weights), base.layers, base.heads, base.epsilon)
        (Path(work) / "reader.onnx").write_bytes(graph)
        e5.tokenizer(base).save(str(Path(work) / "tokenizer.json"), pretty=False)
        try:
            Path(work).rename(folder)
        except OSError:
            if not folder.exists():  # another process was first: its folder is as good
                raise


def _offsets(code: Any, text: Text) -> list[Span | None]:
    """Each token's characters in the passage, None outside of it; white space is trimmed."""
    shift = len(text.header) + 1 if text.header else 0
    spans: list[Span | None] = []
    for (first, last), sequence in zip(code.offsets, code.sequence_ids, strict=True):
        start, end = first - shift, last - shift
        inside = sequence == 1 and 0 <= start < end
        start += inside and text.passage[start].isspace()  # a word's first token has the blank before it
        spans.append(Span(start, end) if inside and start < end else None)
    return spans


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _encodable(text: str) -> str:
    """The text without lone surrogates; as long as before, for offsets count its characters."""
    return _SURROGATE.sub("?", text)
