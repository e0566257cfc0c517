"""A run of an evaluation as the report gets it, invented, of any size."""

from __future__ import annotations

import random
from typing import Any

Record = dict[str, Any]

TYPES = ("factoid", "number", "temporal", "reason", "multi", "followup", "informal", "english", "unanswerable")
METRICS = (
    "containment", "EM", "F1", "SQuAD EM", "SQuAD F1", "R@1", "R@5", "R@10", "MRR@10", "nDCG@10",
    "all-evidence R@10", "answered with citation", "quote verbatim rate", "citation precision", "citation recall",
    "evidence overlap", "unnecessary citations", "refusal precision", "refusal recall", "refusal F1",
    "hallucination rate", "error rate", "AURC",
)  # fmt: skip
_PLACES = ("Demak", "Padang", "Kebonagung", "Ternate", "Sumberjati", "Bima", "Sorong", "Cilacap")
_EVENTS = ("banjir", "gempa", "sidang sengketa lahan", "pembukaan pelabuhan", "panen raya", "pertandingan final")
_OUTLETS = ("Kabar Nusa", "Harian Pesisir", "Warta Kota Lama")


def make_metrics(questions: int = 100, seed: int = 0) -> Record:
    """The figures of a whole run, as `metrics.json` holds them."""
    dice = random.Random(seed)
    by_type = {"all": {name: _metric(dice, name, questions) for name in METRICS}}
    for kind in TYPES:
        known = METRICS[17:22] if kind == "unanswerable" else METRICS[:17]
        asked, answered = dice.randint(8, 30), dice.randint(4, 8)
        by_type[kind] = {name: _metric(dice, name, answered if "citation" in name else asked) for name in known}
    points = [[i / questions, 0.16 * (i / questions) ** 2] for i in range(1, questions + 1)]
    recall = [0.81, 0.89, 0.92, 0.94, 0.955, 0.96, 0.965, 0.97, 0.97, 0.98]
    return {
        "run": {
            "testset": "questions.jsonl", "questions": questions, "date": "2026-11-22T19:12:57+00:00", "seed": 13,
            "git_commit": "faf7a02", "machine": "Linux x86_64, 2 cores, 7.7 GB", "python": "3.11.7",
            "versions": {"tanya-berita": "0.1.0", "chromadb": "1.5.2", "torch": "2.13.0"},
            "model": {"name": "multilingual-e5-small", "fingerprint": "3f9c1b07"},
            "settings": {"top": 10, "reader": {"threshold": 0.42, "model": "extractive"}, "outlet": None},
            "index": {"articles": 1002, "chunks": 4317},
        },
        "metrics": by_type,
        "curves": {"risk_coverage": points, "recall_by_rank": recall},
        "stages": {
            "retrieve": {"p50": 14.2, "p95": 31.0, "p99": 52.8},
            "read": {"p50": 88.1, "p95": 203.4, "p99": 366.0},
            "check quotes": {"p50": 0.6, "p95": 1.1, "p99": 2.4},
            "whole answer": {"p50": 104.9, "p95": 236.0, "p99": 410.2},
        },
    }  # fmt: skip


def make_cases(questions: int = 100, seed: int = 0) -> list[Record]:
    """Questions with every outcome among them, ten articles retrieved for each."""
    dice = random.Random(seed)
    return [_case(dice, number, TYPES[number % len(TYPES)]) for number in range(questions)]


def make_case(**changes: Any) -> Record:
    """One question that was answered rightly, with `changes`."""
    return {**_case(random.Random(0), 0, "factoid"), "outcome": "correct", "flags": [], **changes}


def _metric(dice: random.Random, name: str, n: int) -> Record:
    rare = name in ("hallucination rate", "error rate", "unnecessary citations", "AURC")
    value = 0.06 if rare else 1.0 if name == "quote verbatim rate" else dice.uniform(0.75, 0.97)
    half = 0.0 if value == 1 else 0.9 / n**0.5 * dice.uniform(0.4, 0.6)
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half), "n": n}


def _case(dice: random.Random, number: int, kind: str) -> Record:
    place, event, outlet = dice.choice(_PLACES), dice.choice(_EVENTS), dice.choice(_OUTLETS)
    answerable = kind != "unanswerable"
    likely = ("correct",) * 7 + ("partly", "wrong", "refused_wrongly", "failed")
    outcome = dice.choice(likely if answerable else ("refused_rightly", "refused_rightly", "hallucinated"))
    refused = outcome.startswith("refused")
    people = f"{dice.randint(2, 98)}0 warga"
    article = f"kn-{number:04}"
    said = f"Sebanyak {people} mengungsi ke balai desa sejak {event} di {place}, kata camat setempat pada Rabu malam."
    answer = None if refused or outcome == "failed" else people if outcome == "correct" else f"{people} di {place}"
    question = f"Berapa warga {place} yang mengungsi sejak {event} itu, menurut camat?"
    return {
        "id": f"s-{number:04}", "question": question, "type": kind, "lang": "en" if kind == "english" else "id",
        "answerable": answerable, "answers": [people, people.removesuffix(" warga")] if answerable else [],
        "evidence": [{"article": article, "quote": said}] if answerable else [],
        "answer": answer, "refused": refused,
        "citations": [] if answer is None else [{
            "article": article, "title": f"Warga {place} mengungsi setelah {event}", "outlet": outlet,
            "quote": said, "supported": outcome == "correct",
        }],
        "retrieved": [{
            "article": f"kn-{number + rank:04}", "relevant": answerable and rank == 0,
            "title": f"{dice.choice(_EVENTS).capitalize()} di {dice.choice(_PLACES)}: bantuan tahap {rank + 1} dikirim",
        } for rank in range(10)],
        "outcome": outcome, "flags": ["citation_off"] if outcome in ("partly", "wrong") and number % 2 else [],
        "scores": {"em": float(outcome == "correct"), "f1": 1.0 if outcome == "correct" else 0.4, "contains": True},
        "latency_ms": dice.uniform(60, 240), "error": "NotFound: no such chunk: 17" if outcome == "failed" else None,
        "history": [{"question": f"Di mana {event} terjadi?", "answer": place}] if kind == "followup" else [],
    }  # fmt: skip
