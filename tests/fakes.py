"""Stand-ins of product quality: they keep the contract of what they stand for, and are deterministic."""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from index.embed import Embedding, PassageText, Vector
from index.tokens import normalise_slang, tokens

DIMENSION = 64
LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None)
_ASKS_THE_NETWORK = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


class FakeEmbedder:
    """An `Embedder` without a model: a text's vector is the sum of a fixed random vector per term.

    Texts that share terms are near, others nearly orthogonal. `passages` counts what was
    embedded and `texts` remembers it, so a test can prove that nothing was embedded twice.

    Args:
        fingerprint: another one makes another model, with other vectors.
        delay: seconds that embedding one passage takes.
    """

    def __init__(self, fingerprint: str = "fake-1", *, name: str = "fake", delay: float = 0.0) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.delay = delay
        self.passages = 0
        self.texts: list[str] = []

    def embed_passages(self, passages: Sequence[PassageText]) -> Iterator[tuple[int, Embedding]]:
        # Last first: nobody may count on an order.
        for position, passage in reversed(list(enumerate(passages))):
            time.sleep(self.delay)
            self.passages += 1
            self.texts.append(passage.chunk)
            whole = self._vector(f"{passage.context}\n{passage.chunk}")
            sentences = [self._vector(passage.chunk[a:b]) for a, b in passage.sentences]
            yield position, Embedding(whole, np.array(sentences, np.float32).reshape(-1, DIMENSION))

    def embed_query(self, text: str) -> Vector:
        return self._vector(normalise_slang(text))

    def _vector(self, text: str) -> Vector:
        terms = tokens(text) or [""]
        total = np.sum([_direction(self.fingerprint, term) for term in terms], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)


@lru_cache(maxsize=100_000)
def _direction(salt: str, term: str) -> Vector:
    seed = hashlib.sha256(f"{salt}\0{term}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(list(seed)).standard_normal(DIMENSION).astype(np.float32)


class NetworkRefusedError(RuntimeError):
    """Something tried to leave this machine."""


def refuse_network(record: Callable[[str], None] = lambda _: None) -> None:
    """From now on, until this process ends, a connection or look-up beyond loopback raises.

    An audit hook sees what a patched method misses (UDP, `connect_ex`, other threads) and
    cannot be undone; `record` is told of each attempt, for code that swallows the error.
    """

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in _ASKS_THE_NETWORK:
            return
        host = arguments[0] if event.startswith("socket.get") else arguments[-1]
        if isinstance(host, tuple):
            host = host[0]
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            return  # a path (unix socket), or a socket connected before
        if isinstance(host, bytes):
            host = host.decode()
        if host not in LOOPBACK:
            record(f"{event} {host}")
            raise NetworkRefusedError(f"a test asked for the network: {event} {host!r}")

    sys.addaudithook(hook)


def write_tiny_model(folder: Path, pooling: str, seed: int = 0) -> None:
    """Save a random BERT of 32 dimensions over characters, as a sentence-transformers folder.

    Args:
        pooling: "mean", "cls", "max"; how tokens become one vector.
        seed: of the weights.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:?"
    words = {word: n for n, word in enumerate([*special, *letters, *(f"##{c}" for c in letters)])}
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    plain = folder / "bert"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=256,
        pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
    ).save_pretrained(plain)  # fmt: skip
    torch.manual_seed(seed)
    BertModel(
        BertConfig(
            vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=256, initializer_range=0.5,
        )
    ).save_pretrained(plain)  # fmt: skip
    encoder = Transformer(str(plain), max_seq_length=256)
    model = SentenceTransformer(modules=[encoder, Pooling(32, pooling_mode=pooling)])
    model.save(str(folder), create_model_card=False)
    shutil.rmtree(plain)
