"""Word lists, as plain text files beside this module."""

from __future__ import annotations

from importlib.resources import files


def lines(name: str, package: str = __name__) -> list[str]:
    """The lines of a word list, without comments."""
    text = (files(package) / f"{name}.txt").read_text("utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def word_set(name: str, package: str = __name__) -> frozenset[str]:
    """Every word of a list."""
    return frozenset(word for line in lines(name, package) for word in line.split())
