"""Weights in 8 bits: near what they were, and the same after a round trip through the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reader.weights import BLOCK, Blocks, read, write
from index.errors import ModelError


@given(st.integers(1, 5), st.integers(1, 4), st.floats(0.05, 1e3), st.integers(0, 2**32 - 1))
def test_a_weight_is_off_by_half_a_step_at_most(rows: int, blocks: int, size: float, seed: int) -> None:
    """A step is the block's largest weight / 127, in half precision."""
    matrix = np.random.default_rng(seed).normal(0, size, (rows, blocks * BLOCK)).astype(np.float32)
    steps = np.abs(matrix.reshape(rows, blocks, BLOCK)).max(axis=2).repeat(BLOCK, axis=1) / 127
    assert (np.abs(Blocks.of(matrix).matrix() - matrix) <= steps * (0.5 + 127 * 2**-10)).all()


def test_a_block_of_zeros_stays_zero() -> None:
    assert not Blocks.of(np.zeros((2, BLOCK), np.float32)).matrix().any()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(size=(3, 2 * BLOCK)).astype(np.float32)
    bias = np.arange(3, dtype=np.float32)
    write(tmp_path / "w", {"a.weight": Blocks.of(matrix), "a.bias": bias}, {"made": "here"})
    kept = read(tmp_path / "w")
    assert {"a.weight", "a.bias"} == set(kept)
    assert isinstance(kept["a.weight"], Blocks)
    np.testing.assert_array_equal(Blocks.of(matrix).matrix(), kept["a.weight"].matrix())
    np.testing.assert_array_equal(bias, np.asarray(kept["a.bias"]))


@pytest.mark.parametrize("content", [None, b"", b"no weights at all"], ids=["missing", "empty", "garbage"])
def test_a_file_that_is_none_is_one_clear_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "reader.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"reader\.safetensors: got .*, expected the reader's weights; install"):
        read(path)
