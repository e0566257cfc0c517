"""Many at once: everybody in order and soon, a flood costs only the one who sends it.

`python -m tests.bench.telegram` does the same with 20 people and 200 messages.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench.telegram import QUESTIONS, answers, ask, crowd, finish, flooded, newcomers, p95
from tests.telegram.conftest import Served
from tests.telegram.server import BotApi
from tests.telegram.test_asking import GEMPA


def test_people_at_once_are_answered_in_order_and_soon(api: BotApi, open_bot: object):  # noqa: ARG001
    """Within three seconds; where one alone waits long, within thrice what ten take one after the other."""
    expected = answers(api, 3)
    before = crowd(api, newcomers(1), expected)
    together = p95(crowd(api, newcomers(10), expected))
    alone = median([*before, *crowd(api, newcomers(1), expected)])
    assert together < max(3.0, 3 * 10 * alone)


def test_a_flood_costs_the_others_little(bot_api: BotApi, served: Served, news: Path):
    served(data_dir=news, config={"telegram": {"access": "open"}})
    alone, crowded = flooded(bot_api, people=5, each=4, messages=100)
    assert crowded < 1.5 * alone + 0.5  # a small sample on a busy machine; the flood alone would take 10 s


def test_beyond_its_rate_a_person_is_told_once(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news, config={"telegram": {"access": "open", "questions_per_minute": 2}})
    ani, budi = newcomers(2)
    for question in QUESTIONS[:6]:
        bot_api.send_message(ani.chat, ani, question)
    assert "5,8" in ask(bot_api, budi, GEMPA)[0].text  # it is not his limit
    finish(bot_api, bot)
    assert "/sumber" in ask(bot_api, ani, "/bantuan")[0].text  # nor a limit of commands
    said = [message.text for message in bot_api.replies(ani.chat)]
    assert 4 == len(said)
    assert "5,8" in said[0]
    assert "Pontianak" in said[1]
    assert "Terlalu banyak pertanyaan" in said[2]


def test_beyond_its_queue_it_says_so(bot_api: BotApi, served: Served, news: Path):
    served(data_dir=news, config={"telegram": {"access": "open", "waiting": 1}})
    people = newcomers(12)
    for person in people:
        bot_api.send_message(person.chat, person, GEMPA)
    bot_api.wait_for(lambda: all(bot_api.replies(person.chat) for person in people))
    said = [message.text for person in people for message in bot_api.replies(person.chat)]
    assert len(people) == len(said)
    busy = sum("Sedang ramai" in text for text in said)
    assert 1 <= busy < len(people)
    assert len(people) - busy == sum("5,8" in text for text in said)
    assert "5,8" in ask(bot_api, people[0], GEMPA)[0].text  # and then it is free again
