"""`python -m tests.bench.telegram`: what the Telegram bot withstands, as a Markdown table.

The bot is `tanya serve`, a process of its own with the sample articles and the real model; the
other side is a Bot API server on loopback. The tests run the same scenarios with fewer people.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.assemble import samples
from bot.settings import MODELS
from index.articles import read_sources
from index.build import NewsIndex
from index.embed import BundledEmbedder
from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.world import Message, Person

UNLIMITED = {"access": "open", "questions_per_minute": 1_000}
# Ten questions that lean on nothing and whose answers differ.
QUESTIONS = (
    "Berapa magnitudo gempa Padang?",
    "Berapa anggaran perbaikan jalan di Pontianak?",
    "Siapa yang memimpin SDN 14 Koto Taratak?",
    "Siapa hakim yang mengetuai majelis perkara irigasi Bonto Lempang?",
    "Kontraktor mana yang menggarap irigasi Bonto Lempang?",
    "Siapa warga pertama yang tewas dalam banjir di Kebonagung, Demak?",
    "Dua jalan mana di Pontianak yang salurannya dibenahi lebih dulu?",
    "Pemain mana yang membuka keunggulan Tanjung Mas FC atas Putra Serayu?",
    "Tim apa yang bakal ditantang Tanjung Mas FC di partai puncak Piala Pantura?",
    "Titik ambrolnya tanggul Tuntang itu masuk wilayah desa apa?",
)
_ids = iter(range(500_001, 600_000))


def newcomers(count: int) -> list[Person]:
    """People who have never asked before."""
    return [Person(next(_ids), f"Orang {n}") for n in range(count)]


def ask(api: BotApi, person: Person, text: str, timeout: float = 60.0) -> tuple[Message, float]:
    """The reply to a private question, and how many seconds it took."""
    question = api.send_message(person.chat, person, text)
    reply = api.wait_for_reply(person.chat, to=question, timeout=timeout)
    return reply, reply.at - question.at


def undone(bot: ServedBot) -> int:
    """Updates on disk that were not dealt with."""
    with closing(sqlite3.connect(bot.data_dir / "telegram.sqlite", timeout=30)) as db:
        return int(db.execute("SELECT count(*) FROM inbox WHERE data IS NOT NULL").fetchone()[0])


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Replies:
    """What became of questions: how many were asked, never answered, answered again; chats out of order."""

    asked: int
    lost: int
    twice: int
    disordered: int

    @classmethod
    def compared(cls, api: BotApi, people: Sequence[Person], expected: Sequence[str]) -> Replies:
        """Hold what stands in every chat against the answers each should have got, in this order."""
        assert len({*expected}) == len(expected), "the answers must differ to be told apart"
        lost = twice = disordered = 0
        for person in people:
            got = [message.source for message in api.replies(person.chat)]
            first = [source for source in dict.fromkeys(got) if source in expected]
            lost += len(expected) - len(first)
            twice += len(got) - len({*got})
            disordered += first != [source for source in expected if source in first]
        return cls(len(people) * len(expected), lost, twice, disordered)


def answers(api: BotApi, each: int) -> list[str]:
    """What the first questions are answered with when nothing goes wrong."""
    [person] = newcomers(1)
    return [str(ask(api, person, question)[0].source) for question in QUESTIONS[:each]]


def interrupted(
    api: BotApi, bot: ServedBot, end: Callable[[ServedBot], object], *, people: int, each: int, times: int
) -> Replies:
    """The bot is ended `times` times, at random moments, while everybody is asking; then it may finish."""
    expected, crowd, dice = answers(api, each), newcomers(people), random.Random(0)
    rounds = [QUESTIONS[n * each // times : (n + 1) * each // times] for n in range(times)]
    for questions in rounds:
        for question in questions:
            for person in crowd:
                api.send_message(person.chat, person, question)
        time.sleep(dice.uniform(0.05, 0.06 * people))
        end(bot)
        bot.start()
    finish(api, bot)
    return Replies.compared(api, crowd, expected)


def finish(api: BotApi, bot: ServedBot, timeout: float = 180.0) -> None:
    """Wait until the bot has dealt with everything; what is not answered then never will be."""
    api.wait_for(lambda: api.pending == 0 and undone(bot) == 0, timeout)


FAULTS = ("retry_after", "status", "drop_before", "drop_after")


def faulty(api: BotApi, bot: ServedBot, *, people: int, each: int, share: float, seed: int = 0) -> tuple[Replies, int]:
    """A share of all replies fails, a quarter of it in each way; gives also how many came before `retry_after`."""
    expected, crowd, before = answers(api, each), newcomers(people), len(api.calls())
    rules = [
        api.fault(kind, "sendMessage", share=share / len(FAULTS), seed=seed + n, retry_after=2)
        for n, kind in enumerate(FAULTS)
    ]
    for question in QUESTIONS[:each]:
        for person in crowd:
            api.send_message(person.chat, person, question)
    finish(api, bot)
    api.clear_faults()
    assert all(rule.hits for rule in rules), "a kind of fault never happened"
    return Replies.compared(api, crowd, expected), sum(call.early for call in api.calls()[before:])


def crowd(api: BotApi, people: Sequence[Person], expected: Sequence[str]) -> list[float]:
    """Everybody at once asks one question after the other; the seconds each answer took."""

    def one(person: Person) -> list[float]:
        replies = [ask(api, person, question) for question in QUESTIONS[: len(expected)]]
        assert list(expected) == [reply.source for reply, _ in replies]
        return [seconds for _, seconds in replies]

    with ThreadPoolExecutor(len(people)) as pool:
        return [seconds for found in pool.map(one, people) for seconds in found]


def flooded(api: BotApi, *, people: int, each: int, messages: int) -> tuple[float, float]:
    """The others' p95 alone, and while one person sends so many messages."""
    expected = answers(api, each)
    alone = p95(crowd(api, newcomers(people), expected))
    [flooder] = newcomers(1)
    for n in range(messages):
        api.send_message(flooder.chat, flooder, QUESTIONS[n % len(QUESTIONS)])
    return alone, p95(crowd(api, newcomers(people), expected))


def written_forms(text: str) -> set[bytes]:
    """How a text may stand in a file: as it is, and as JSON writes it."""
    return {text.encode(), json.dumps(text)[1:-1].encode(), json.dumps(text, ensure_ascii=False)[1:-1].encode()}


def on_disk(folder: Path, *texts: str) -> list[tuple[str, str]]:
    """(file, text) for every one of these texts that some file below `folder` holds."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # a journal that was just finished
            continue
        found += [(path.name, text) for text in texts if any(form in content for form in written_forms(text))]
    return found


def erased(api: BotApi, bot: ServedBot, person: Person, *texts: str, timeout: float = 60.0) -> float:
    """Seconds from the confirmation of /hapus until no file of the data directory holds these texts."""
    choice, _ = ask(api, person, "/hapus")
    begun = time.monotonic()
    api.press(choice, choice.data("Ya, hapus"), person)
    while left := on_disk(bot.data_dir, *texts):
        assert time.monotonic() < begun + timeout, f"after {timeout:g} s there is still {left}"
        time.sleep(0.1)
    return time.monotonic() - begun


# -- in full -----------------------------------------------------------------------------------


@contextmanager
def serving(index: Path, telegram: Mapping[str, Any]) -> Iterator[tuple[BotApi, ServedBot]]:
    """A server and a bot of their own for one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(shutil.copytree(index, Path(folder) / "data"))
        api = BotApi.start()
        bot = ServedBot(api, Path(folder), data_dir=data, config={"telegram": telegram})
        try:
            yield api, bot.start()
        finally:
            bot.close()
            api.stop()
        assert [] == api.problems


def measure(index: Path) -> Iterator[tuple[str, str, str]]:
    """(what, measured, wanted), one scenario after the other."""
    with serving(index, UNLIMITED) as (api, bot):
        found = interrupted(api, bot, ServedBot.kill, people=25, each=10, times=10)
        yield "10 × kill -9 over 250 messages of 25 people: lost", str(found.lost), "0"
        yield "… answered twice", f"{found.twice} ({found.twice / found.asked:.1%})", "≤ 2%"
        yield "… chats out of order", str(found.disordered), "0"
    with serving(index, UNLIMITED) as (api, bot):
        seconds: list[float] = []
        found = interrupted(api, bot, lambda b: seconds.append(b.terminate()), people=25, each=10, times=5)
        yield "5 × SIGTERM over 250 messages: slowest end", f"{max(seconds):.1f} s", "≤ 10 s"
        yield "… lost, answered twice", f"{found.lost}, {found.twice}", "0, 0"
    with serving(index, UNLIMITED) as (api, bot):
        found, early = faulty(api, bot, people=10, each=10, share=0.2)
        yield "100 replies, 20% faults: delivered", str(found.asked - found.lost), "100"
        yield "… before their retry_after", str(early), "0"
    with serving(index, {"access": "open"}) as (api, _):
        alone, crowded = flooded(api, people=10, each=5, messages=200)
        yield "p95 of 10 people, alone", f"{alone:.2f} s", ""
        yield "… while another sends 200 messages", f"{crowded:.2f} s (×{crowded / alone:.2f})", "≤ ×1.5"
    with serving(index, {"access": "open"}) as (api, _):
        times = crowd(api, newcomers(20), answers(api, 5))
        yield "20 people at once, 5 questions each, in order: p95", f"{p95(times):.2f} s", "< 3 s"
        yield "… median, slowest", f"{statistics.median(times):.2f} s, {max(times):.2f} s", ""
    with serving(index, UNLIMITED) as (api, bot):
        people = newcomers(20)
        for person in people:
            ask(api, person, f"{QUESTIONS[0]} xyzzy{person.id}")
        slowest = max(erased(api, bot, person, f"xyzzy{person.id}") for person in people[:10])
        yield "/hapus: until no byte is left on disk, slowest of 10", f"{slowest:.1f} s", "≤ 60 s"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        index = NewsIndex(Path(folder) / "index", BundledEmbedder(MODELS))
        index.add(read_sources([samples()]))
        index.close()
        print("| scenario | measured | wanted |\n|---|---|---|", flush=True)
        for row in measure(Path(folder) / "index"):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
