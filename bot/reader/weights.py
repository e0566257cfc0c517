"""The reader's weights as they ship: the trained layers and heads, in 8 bits where it counts.

A matrix of shape (n, k) is kept as blocks of `BLOCK` weights along k: codes, uint8 of shape
(n, k / BLOCK, BLOCK), and scales, float16 of shape (n, k / BLOCK); a weight is
(code - 128) * scale. Everything else is float32. Layers that were not trained are the base
model's and are not in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

BLOCK = 32
ZERO = 128  # the code of a weight that is zero
VECTORS = (".bias", "LayerNorm.weight")  # ends of the names of what is no matrix
_CODES, _SCALES = ".codes", ".scales"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix in 8 bits."""

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]

    @classmethod
    def of(cls, matrix: Floats) -> Blocks:
        """The nearest codes for a matrix of shape (n, k), k a multiple of `BLOCK`."""
        blocks = np.ascontiguousarray(matrix, np.float32).reshape(matrix.shape[0], -1, BLOCK)
        scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float16)
        scales = np.maximum(scales, np.finfo(np.float16).smallest_subnormal)
        codes = np.rint(blocks / scales[..., None].astype(np.float32)).clip(-127, 127) + ZERO
        return cls(codes.astype(np.uint8), scales)

    def matrix(self) -> Floats:
        """The weights, float32 of shape (n, k)."""
        values = (self.codes.astype(np.float32) - ZERO) * self.scales[..., None].astype(np.float32)
        return values.reshape(values.shape[0], -1)


Tensor = Blocks | Floats


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    from safetensors.numpy import save_file

    flat: dict[str, np.ndarray] = {}
    for name, value in tensors.items():
        if isinstance(value, Blocks):
            flat |= {name + _CODES: value.codes, name + _SCALES: value.scales}
        else:
            flat[name] = value
    save_file(flat, path, dict(metadata))


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file; raises `ModelError` when it is none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        flat = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: got {error}, expected the reader's weights; install tanya-berita again") from error
    tensors: dict[str, Tensor] = {n: v for n, v in flat.items() if not n.endswith((_CODES, _SCALES))}
    for name in (n.removesuffix(_CODES) for n in flat if n.endswith(_CODES)):
        tensors[name] = Blocks(flat[name + _CODES], flat[name + _SCALES])
    return tensors
