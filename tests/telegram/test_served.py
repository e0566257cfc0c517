"""A bot as a process: started, ended, killed, and talked to over both servers; here one that only echoes."""

from __future__ import annotations

import socket
import sys
import tomllib
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.telegram.conftest import Served
from tests.telegram.driver import toml
from tests.telegram.second_server import SecondServer
from tests.telegram.server import BotApi
from tests.telegram.world import Chat, Person

ECHO = [sys.executable, "-m", "tests.telegram.echo_bot"]
SARI, BUDI = Person(11), Person(12, "Budi", "budi", "en")


def test_a_conversation(bot_api: BotApi, served: Served) -> None:
    """Private, in a topic and inline; buttons, edits, the menu; and the bot leaves when told."""
    bot = served(command=ECHO)
    assert ["tanya"] == bot_api.commands(language="id")
    question = bot_api.send_message(SARI.chat, SARI, "apa <kabar>?")
    answer = bot_api.wait_for_reply(SARI.chat, to=question)
    assert ("apa <kabar>?", "<b>apa &lt;kabar&gt;?</b>", question.id) == (answer.text, answer.source, answer.reply_to)
    bot_api.press(answer, answer.data("Lagi"), SARI)
    bot_api.wait_for(lambda: bot_api.now(answer).text == "lagi")
    assert (answer.source, "<i>lagi</i>") == bot_api.now(answer).versions

    forum = Chat(-1001, is_forum=True)
    asked = [bot_api.send_message(forum, BUDI, f"topik {n}", topic=n) for n in (7, 8)]
    bot_api.wait_for(lambda: len(bot_api.replies(forum)) == 2)
    assert [[7], [8]] == [[m.topic for m in bot_api.replies(forum, to=q)] for q in asked]

    query = bot_api.inline(BUDI, "siapa?")
    [result] = bot_api.wait_for(lambda: bot_api.results(query) or [])
    chosen = bot_api.choose(result, BUDI)
    bot_api.press(chosen, "again", BUDI)
    bot_api.wait_for(lambda: bot_api.now(chosen).text == "lagi")
    assert bot.terminate() < 5
    assert (0, 0) == (bot.status, bot_api.pending)


def test_what_was_written_meanwhile_is_answered_after_a_restart(bot_api: BotApi, served: Served) -> None:
    """Killed or ended, the process comes back on the same data and gets what waited, in order."""
    bot = served(command=ECHO)
    bot.kill()
    asked = [bot_api.send_message(SARI.chat, SARI, f"pesan {n}") for n in range(5)]
    assert 5 == bot_api.pending
    bot.start()
    bot_api.wait_for(lambda: len(bot_api.replies(SARI.chat)) == 5)
    assert [m.id for m in asked] == [m.reply_to for m in bot_api.replies(SARI.chat)]
    bot.restart()
    assert "Conflict" not in bot.log  # of the last poll of one process with the one it had just hung up on
    assert 0 == bot_api.pending


def test_webhook(bot_api: BotApi, served: Served) -> None:
    """Updates are posted with the secret, and again until the bot takes them."""
    url = f"http://127.0.0.1:{free_port()}/hook"
    waiting = bot_api.send_message(SARI.chat, SARI, "sebelum")
    served(command=ECHO, options=["--webhook", url, "--secret", "rahasia-1"])
    bot_api.wait_for_reply(SARI.chat, to=waiting)
    bot_api.wait_for_reply(SARI.chat, to=bot_api.send_message(SARI.chat, SARI, "sesudah"))
    assert ["sebelum", "sesudah"] == [m.text for m in bot_api.replies(SARI.chat)]
    assert "rahasia-1" == bot_api.calls("setWebhook")[-1].parameters["secret_token"]
    with pytest.raises(HTTPError, match="403"):
        urlopen(url, b"{}")
    assert [] == bot_api.calls("getUpdates")


def test_a_bot_that_ends_at_once_is_told_of(served: Served) -> None:
    """The reason is in the failure, not a silent wait."""
    with pytest.raises(AssertionError, match=r"(?s)ended with status 1.*TELEGRAM_BOT_TOKEN"):
        served(command=ECHO, token=None)


def test_second_server(second_server: SecondServer, served: Served) -> None:
    """The same bot, against a server by somebody else."""
    bot = served(second_server, command=ECHO)
    second_server.send_message("halo & <apa>")
    [answer] = second_server.wait_for(second_server.replies)
    assert "<b>halo &amp; &lt;apa&gt;</b>" == answer["text"]
    second_server.press(answer, "again")
    second_server.wait_for(lambda: second_server.replies()[0]["text"] == "<i>lagi</i>")
    second_server.send_message("/tanya apa")
    second_server.wait_for(lambda: len(second_server.replies()) == 2)
    assert "failed" not in bot.log
    bot.terminate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_patient_bot_is_never_early(bot_api: BotApi, served: Served) -> None:
    """What the rate limiter of python-telegram-bot waits is enough."""
    served(command=ECHO)
    bot_api.fault("retry_after", "sendMessage", nth=[1], retry_after=1)
    bot_api.wait_for_reply(SARI.chat, to=bot_api.send_message(SARI.chat, SARI, "halo"))
    assert [429, 200] == [c.status for c in bot_api.calls("sendMessage")]
    assert not any(c.early for c in bot_api.calls())


def test_configuration_files() -> None:
    """Nested tables, lists and quotes arrive as they were given."""
    config = {"a": 1, "telegram": {"access": 'o"pe\n', "users": [1, 2], "limits": {"per_minute": 0.5, "on": True}}}
    assert config == tomllib.loads(toml(config))
