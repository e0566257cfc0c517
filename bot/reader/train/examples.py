"""What the reader learns from: questions with passages, pairs of statements, read from the data sets."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.records import Span
from index.sentences import split_sentences
from index.tokens import SLANG

LABELS = "enc"  # entailment, neutral, contradiction: the order of the inference head
LONGEST = 120  # words of a passage; longer ones are cut to whole sentences around the answer
HEADER_WORDS = (4, 10)  # of the passage's beginning, standing in for the title that an article has
WITH_HEADER, INFORMAL = 0.3, 0.15  # share of the questions so varied
ABBREVIATED = 0.3  # share of the words, where they can be

# "yang" -> "yg": the abbreviations that chats use, the other way round.
_SHORT = {written: short for short, written in SLANG.items() if " " not in written}
_FORMAL = re.compile(r"\b(siapa|apa|berapa|kapan|di ?mana|mana|bagaimana)kah\b", re.IGNORECASE)
_LOOSE = re.compile(r" (?=[.,;:?!)%])|(?<=\() |(?<=\d) (?=[.,]\d)|(?<=\d [.,]) (?=\d)")


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a passage; `answer` are its offsets there, None where the passage does not answer.

    `header` stands before the passage, as an article's title does.
    """

    question: str
    passage: str
    answer: Span | None = None
    header: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A premise, a statement about it, and the index into `LABELS` of how they relate."""

    premise: str
    statement: str
    label: int


def squad_like(path: Path) -> Iterator[Example]:
    """The questions of a file in SQuAD 2's shape; one whose answer is not in its passage is left out."""
    for entry in json.loads(path.read_text("utf-8")):
        for question in entry["qas"]:
            answer = _answer(entry["context"], question)
            if answer is not None or not question["answers"]:
                yield Example(question["question"].strip(), entry["context"], answer)


def _answer(context: str, question: dict[str, Any]) -> Span | None:
    """Where the answer stands: at its offset, or nearest to it where the offset is off."""
    if not question["answers"]:
        return None
    text, start = question["answers"][0]["text"], question["answers"][0]["answer_start"]
    places = [m.start() for m in re.finditer(re.escape(text), context)]
    return min((Span(p, p + len(text)) for p in places), key=lambda s: abs(s.start - start), default=None)


def inference(path: Path) -> list[Pair]:
    """The pairs of an IndoNLI file."""
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Pair(r["premise"], r["hypothesis"], LABELS.index(r["label"])) for r in records]


def loosened(example: Example) -> Example:
    """FacQA prints "Rp 5 , 5 juta ."; newspapers "Rp 5,5 juta."."""
    gone = [m.start() for m in _LOOSE.finditer(example.passage)]
    passage = _LOOSE.sub("", example.passage)
    answer = example.answer and Span(
        *(at - sum(g < at for g in gone) for at in (example.answer.start, example.answer.end))
    )
    return replace(example, question=_LOOSE.sub("", example.question), passage=passage, answer=answer)


def cut(example: Example, rng: random.Random) -> Example:
    """The passage cut to whole sentences of `LONGEST` words, the answer among them."""
    passage = example.passage
    if len(passage.split()) <= LONGEST:
        return example
    sentences = split_sentences(passage)
    sizes = [len(passage[s.start : s.end].split()) for s in sentences]
    answer = example.answer
    if answer is None:
        first = last = rng.randrange(len(sentences))
    else:
        inside = [n for n, s in enumerate(sentences) if s.overlaps(answer)]
        first, last = inside[0], inside[-1]
    while True:
        sides = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences)]
        sides = [n for n in sides if sum(sizes[first : last + 1]) + sizes[n] <= LONGEST]
        if not sides:
            break
        chosen = rng.choice(sides)
        first, last = min(first, chosen), max(last, chosen)
    start, end = sentences[first].start, sentences[last].end
    header = " ".join(passage.split()[: rng.randint(*HEADER_WORDS)]) if first and rng.random() < WITH_HEADER else ""
    moved = answer and Span(answer.start - start, answer.end - start)
    return replace(example, passage=passage[start:end], answer=moved, header=header)


def informal(question: str, rng: random.Random) -> str:
    """The question as typed in a chat: no capitals, no question mark, some words abbreviated."""
    question = _FORMAL.sub(r"\1", question).lower().rstrip(" ?.")
    words = question.split()
    return " ".join(_SHORT[w] if w in _SHORT and rng.random() < ABBREVIATED else w for w in words)


def varied(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    """The examples cut to size, some as typed in a chat."""
    made = []
    for example in examples:
        one = cut(example, rng)
        if rng.random() < INFORMAL:
            one = replace(one, question=informal(one.question, rng))
        made.append(one)
    return made
