"""Killed, ended and started again: no question is lost, and each is answered once, in order.

`python -m tests.bench.telegram` does the same with 250 messages and ten kills.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.bench.telegram import QUESTIONS, UNLIMITED, Replies, ask, interrupted, newcomers, undone
from tests.telegram.conftest import Served
from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.test_served import free_port


def test_killed_it_loses_nothing(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news, config={"telegram": UNLIMITED})
    found = interrupted(bot_api, bot, ServedBot.kill, people=10, each=4, times=2)
    assert (40, 0, 0) == (found.asked, found.lost, found.disordered)
    assert found.twice <= 2  # at most the one that was being sent, at each kill


def test_ended_it_finishes_what_it_began_and_leaves_the_rest_for_the_next_start(
    bot_api: BotApi, served: Served, news: Path
):
    bot = served(data_dir=news, config={"telegram": UNLIMITED})

    def end(bot: ServedBot) -> None:
        assert bot.terminate() < 10
        assert bot_api.pending + undone(bot) > 0, "it was too fast to leave anything"
        bot_api.clear_faults()

    # Telegram is slow: the end comes while messages are on their way.
    bot_api.fault("slow", "sendMessage", seconds=1)
    found = interrupted(bot_api, bot, end, people=5, each=4, times=1)
    assert Replies(asked=20, lost=0, twice=0, disordered=0) == found
    assert "Traceback" not in bot.log
    assert "never awaited" not in bot.log


def test_an_update_that_comes_again_is_not_answered_again(bot_api: BotApi, served: Served, news: Path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    secret = {"X-Telegram-Bot-Api-Secret-Token": "rahasia"}
    bot = served(
        data_dir=news, config={"telegram": UNLIMITED}, options=["--webhook", url, "--port", str(port)],
        env={"TELEGRAM_WEBHOOK_SECRET": "rahasia"},
    )  # fmt: skip
    [ani] = newcomers(1)
    asked, _ = ask(bot_api, ani, QUESTIONS[0])
    update = {"update_id": asked.id + 1_000_000, "message": bot_api.messages(ani.chat)[0].payload | {"message_id": 900}}

    def deliver() -> bool:
        try:
            urlopen(Request(url, json.dumps(update).encode(), {"Content-Type": "application/json", **secret})).close()
        except URLError:  # it has set the webhook, and begins to listen a moment later
            return False
        return True

    assert deliver()
    assert deliver()
    bot_api.wait_for(lambda: undone(bot) == 0)
    bot.restart()
    bot_api.wait_for(deliver)
    ask(bot_api, ani, QUESTIONS[1])  # in order: what came before it is dealt with
    assert 3 == len(bot_api.replies(ani.chat))
