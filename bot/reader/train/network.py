"""The reader as a torch module: the encoder and three heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from bot.reader.train.batches import IGNORED, Batch
from index import e5
from index.embed import fast_bfloat16

RELEVANCE_WEIGHT = 0.5  # of its loss, beside the span's


class Network(nn.Module):
    """multilingual-e5-small with heads for the answer's span, the passage's relevance and inference."""

    def __init__(self, weights: e5.Weights, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=weights.vocabulary, hidden_size=weights.hidden, num_hidden_layers=weights.layers,
            num_attention_heads=weights.heads, intermediate_size=weights.feed_forward,
            max_position_embeddings=weights.positions, type_vocab_size=weights.types,
            layer_norm_eps=weights.epsilon, pad_token_id=weights.pad,
            hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0,
        )  # fmt: skip
        # In bfloat16 the backward pass of the fused attention costs more than it saves.
        self.bert = BertModel._from_config(  # type: ignore[no-untyped-call]  # transformers' own
            config, add_pooling_layer=False, attn_implementation="eager"
        )
        state = {n: torch.from_numpy(np.array(v)) for n, v in e5.state_dict(weights).items() if "pooler" not in n}
        self.bert.load_state_dict(state, strict=True)
        self.span = nn.Linear(weights.hidden, 2)
        self.relevance = nn.Linear(weights.hidden, 1)
        self.nli = nn.Linear(weights.hidden, 3)

    def freeze(self, layers: int) -> None:
        """Keep the embeddings and the lowest layers as they are."""
        frozen: list[Any] = [self.bert.embeddings, *self.bert.encoder.layer[:layers]]
        for module in frozen:
            module.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits: start and end (n, length), relevance (n,), inference (n, 3)."""
        hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        span = self.span(hidden).masked_fill(mask[..., None] == 0, -1e4)
        first = hidden[:, 0]
        return span[..., 0], span[..., 1], self.relevance(first)[:, 0], self.nli(first)

    def loss(self, batch: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            logits = self(torch.from_numpy(batch.ids), torch.from_numpy(batch.mask))
        start, end, relevance, label = (part.float() for part in logits)
        if not batch.reads:
            return functional.cross_entropy(label, torch.from_numpy(batch.label), ignore_index=IGNORED)
        first, last = torch.from_numpy(batch.start), torch.from_numpy(batch.end)
        spans = (functional.cross_entropy(start, first) + functional.cross_entropy(end, last)) / 2
        answers = functional.binary_cross_entropy_with_logits(relevance, (first > 0).float())
        return spans + RELEVANCE_WEIGHT * answers

    def weights(self) -> dict[str, np.ndarray]:
        """What ships: every tensor by its name but the word embeddings, float32."""
        state = {name.removeprefix("bert."): value for name, value in self.state_dict().items()}
        return {
            name: value.float().numpy() for name, value in state.items()
            if not name.startswith("embeddings.word_embeddings") and "position_ids" not in name
        }  # fmt: skip
