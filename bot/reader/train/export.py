"""A checkpoint to the weights that ship."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch

from bot.reader.train.network import Network
from bot.reader.weights import VECTORS, Blocks, Tensor, write

_HEADS = ("span.", "relevance.", "nli.")
_LAYER = re.compile(r"encoder\.layer\.(?P<number>\d+)\.")


def export(network: Network, frozen: int, path: Path, metadata: Mapping[str, str]) -> None:
    """Write what was trained: the layers above `frozen`, their matrices in 8 bits, and the heads."""
    tensors: dict[str, Tensor] = {}
    for full_name, value in network.state_dict().items():
        name = full_name.removeprefix("bert.")
        array = value.to(torch.float32).numpy()
        if name.startswith(_HEADS):
            tensors[name] = array
        elif (layer := _LAYER.match(name)) and int(layer["number"]) >= frozen:
            tensors[name] = array if name.endswith(VECTORS) else Blocks.of(array)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, tensors, metadata)
