"""The trained model at work: a question and passages to logits, pairs of statements to probabilities."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from bot.reader.decode import Found, decode
from bot.reader.weights import Blocks, Floats, read
from index import e5
from index.records import Span

WEIGHTS = Path(str(files("bot.reader") / "model" / "reader.safetensors"))
GRAPH = Path(str(files("bot.reader") / "graph.py"))
LONGEST = 384  # tokens of question and passage together
QUESTION = 400  # characters of a question that are read
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
        """Changes whenever the answers would: with the weights, and with how the graph is built from them."""
        digest = sha256(self._weights.read_bytes())
        digest.update(GRAPH.read_bytes())
        digest.update(e5.fingerprint(e5.bundled_file()).encode())
        return digest.hexdigest()[:16]

    def read(self, question: str, texts: Sequence[Text]) -> list[Judged]:
        """What each passage says to the question, in the order of `texts`."""
        question = question[:QUESTION]
        codes = self._encoded([(question, f"{t.header}\n{t.passage}" if t.header else t.passage) for t in texts])
        return [
            Judged(float(relevance[0]), tuple(decode(span, _offsets(code, text))))
            for code, text, (span, relevance, _) in zip(codes, texts, self._logits(codes), strict=True)
        ]

    def infer(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Probabilities of entailment, neutral and contradiction for (premise, statement) pairs, shape (n, 3)."""
        logits = [inference for _, _, inference in self._logits(self._encoded(list(pairs)))]
        return _softmax(np.stack(logits)) if logits else np.zeros((0, 3), np.float32)

    def _logits(self, codes: Sequence[Any]) -> list[tuple[Floats, Floats, Floats]]:
        """Of each text: span, shape (length, 2), relevance, shape (1,), and inference, shape (3,).

        A thread a text: none waits for another, and none is padded to another's length.
        """
        base, run = self._base, self._session.run
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            logits = pool.map(lambda code: run(None, {"embedded": _embedded(base, code.ids)[None]}), codes)
            return [(span[0], relevance[0], inference[0]) for span, relevance, inference in logits]

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
        return session(str(self._folder / "reader.onnx"))


def session(graph: str | bytes) -> Any:
    """The graph, or the one in a file, ready to run in the caller's thread."""
    from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    # Beyond the basic ones they fuse additions into SkipLayerNormalization, which takes three times as long.
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def assembled(base: e5.Weights, weights: Path) -> dict[str, Floats]:
    """Every tensor of the network: the shipped ones over the base model's."""
    shipped = {name: v.matrix() if isinstance(v, Blocks) else v for name, v in read(weights).items()}
    return e5.state_dict(base) | shipped


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


def _embedded(base: e5.Weights, ids: Sequence[int]) -> Floats:
    """The embeddings of a text's tokens, shape (length, hidden)."""
    words = e5.dequantise(base.tensors["emb.word"].reshape(base.vocabulary, -1)[ids].reshape(-1), base.hidden)
    positions = base.tensors["emb.pos"].reshape(-1, base.hidden)[: len(ids)]
    kind = base.tensors["emb.type"].reshape(-1, base.hidden)[0]
    return np.asarray(words + positions + kind, np.float32)


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


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _encodable(text: str) -> str:
    """The text without lone surrogates; as long as before, for offsets count its characters."""
    return _SURROGATE.sub("?", text)
