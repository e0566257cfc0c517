"""Neither the token, nor the webhook's secret, nor what somebody wrote is in any log or any other file."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.bench.telegram import UNLIMITED, ask, finish, written_forms
from tests.telegram.conftest import Served
from tests.telegram.driver import ServedBot
from tests.telegram.server import TOKEN, BotApi
from tests.telegram.test_asking import GEMPA, _source
from tests.telegram.test_served import free_port
from tests.telegram.world import Chat, Person

# The rest of a level's records are those of "debug"; all of them with TANYA_TEST_LEVELS=all.
LEVELS = ["debug", "info", "warning", "error"] if os.environ.get("TANYA_TEST_LEVELS") == "all" else ["debug"]
SECRET = "webhook-secret-of-the-tests"
WORD = "rahasiakata"
ANI = Person(81, "Anirahasia", "anirahasia_user")
PRIVATE = (TOKEN, TOKEN.split(":")[1], SECRET, WORD, WORD.capitalize(), ANI.name, str(ANI.username))
# A bug as it may be: the question in the message of an exception, in its cause, and in a task nobody awaits.
BUGGY = """
import asyncio, threading, warnings
from bot.answerer import Answerer
from bot.cli import main
from bot.telegram.asking import Asking
from bot.telegram.buttons import Buttons
asking, answering = Asking.on_text, Answerer.ask

async def lost(text):
    raise ValueError(f"lost {text}")

async def on_text(self, update, context):
    text = update.effective_message.text or ""
    if "meledak" in text:
        asyncio.create_task(lost(text))
        asyncio.get_running_loop().call_soon({}.__getitem__, text)
        threading.Thread(target=lambda: {}[text], name=text).start()
        warnings.warn(f"strange: {text}")
        try:
            raise KeyError(text)
        except KeyError as error:
            raise RuntimeError(f"cannot answer {text!r}") from error
    await asking(self, update, context)

def ask(self, question, **options):
    if "runtuh" in question:
        raise OSError(2, "No such file", question)
    return answering(self, question, **options)

Asking.on_text, Answerer.ask = on_text, ask
main(prog_name="tanya")
"""


@pytest.fixture(scope="module")
def reader() -> str:
    return "trained"


def command() -> list[str]:
    return [sys.executable, "-c", BUGGY, "serve"]


def leaks(bot: ServedBot, *private: str) -> list[tuple[str, str]]:
    """(file, text) for every private text in the outputs and in all files but the bot's memory."""
    found = []
    for path in sorted([*bot.folder.rglob("*"), *bot.data_dir.rglob("*")]):
        if path.is_file() and not path.name.startswith("telegram.sqlite"):
            content = path.read_bytes()
            found += [(path.name, text) for text in private if any(form in content for form in written_forms(text))]
    return found


def everything_goes_wrong(api: BotApi, bot: ServedBot) -> None:
    """Questions of every kind, and every way in which Telegram refuses them."""
    group = Chat(-100_810, title=f"Grup {WORD}")
    answer, _ = ask(api, ANI, f"{GEMPA} {WORD}")
    api.press(answer, _source(answer), ANI)
    api.press(answer, f"s:1:{WORD}:0", ANI, forged=True)
    api.inline(ANI, f"{GEMPA} {WORD}")
    api.send_message(group, ANI, f"/tanya@tanya_berita_bot {GEMPA} {WORD}")
    api.send_message(group, ANI, f"not meant for the bot: {WORD}")
    api.forward(ANI.chat, ANI, f"{WORD} " * 100)
    for kind in ("retry_after", "status", "drop_before", "drop_after", "parse", "blocked"):
        api.fault(kind, "sendMessage", chat=ANI.chat, times=1)
        api.send_message(ANI.chat, ANI, f"{GEMPA} {WORD} {kind}")
        finish(api, bot)
        api.clear_faults()
    for kind in ("not_modified", "parse", "blocked"):
        api.fault(kind, "editMessageText", times=1)
        api.press(answer, _source(answer), ANI)
        finish(api, bot)
        api.clear_faults()
    for text in (f"/apaini {WORD}", f"/tambah http://{WORD}.example/", f"/start {WORD}", WORD * 200, f"{WORD} runtuh"):
        ask(api, ANI, text)


def apology(api: BotApi, bot: ServedBot) -> str:
    """What is logged under the id that the person is told after an error."""
    reply, _ = ask(api, ANI, f"{WORD} meledak")
    found = re.search(r"kode ([0-9a-f]{8})", reply.text)
    assert found, reply.text
    assert WORD not in reply.text
    assert "Traceback" not in reply.text
    return bot.err.partition(f"error {found[1]}")[2]


@pytest.mark.parametrize("level", LEVELS)
def test_polling(bot_api: BotApi, served: Served, news: Path, level: str):
    bot = served(
        data_dir=news, config={"telegram": UNLIMITED | {"owners": [ANI.id]}}, options=["--log-level", level],
        command=command(),
    )  # fmt: skip
    everything_goes_wrong(bot_api, bot)
    trace = apology(bot_api, bot)
    assert re.search(r'File ".*", line \d+, in on_text\n.*\nRuntimeError', trace, re.DOTALL), "no trace under that id"
    assert "KeyError" in trace, "its cause is not there"
    # Polled again and again: PTB does not understand it.
    bot_api.update({"message": {"message_id": "x", "text": f"malformed {WORD}", "chat": 5}})
    bot_api.wait_for(lambda: "Error while parsing updates" in bot.err or bot_api.pending == 0)
    bot.terminate()
    assert [] == leaks(bot, *PRIVATE)
    assert "magnitudo" not in bot.log


@pytest.mark.parametrize("level", LEVELS)
def test_webhook(bot_api: BotApi, served: Served, news: Path, level: str):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    bot = served(
        data_dir=news, config={"telegram": UNLIMITED}, command=command(), env={"TELEGRAM_WEBHOOK_SECRET": SECRET},
        options=["--log-level", level, "--webhook", url, "--port", str(port)],
    )  # fmt: skip
    ask(bot_api, ANI, f"{GEMPA} {WORD}")
    apology(bot_api, bot)
    update = {"update_id": 1, "message": {"message_id": "x", "text": WORD, "chat": 5}}
    bodies = [json.dumps(update), f'{{"{WORD}": ', f'{{"update_id": "{WORD}"}}', f'["{WORD}"]', WORD]
    secrets = [SECRET, f"{SECRET}-wrong", f"{WORD}", ""]
    statuses = {secret: {post(url, body, secret) for body in bodies} for secret in secrets}
    assert all({403} == statuses[secret] for secret in secrets[1:])
    assert 403 not in statuses[SECRET]
    post(f"http://127.0.0.1:{port}/{WORD}", WORD, SECRET)
    post(f"{url}?{WORD}={SECRET}", WORD, "")
    assert "5,8" in ask(bot_api, ANI, GEMPA)[0].text
    bot.terminate()
    assert [] == leaks(bot, *PRIVATE)


def post(url: str, body: str, secret: str) -> int:
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    try:
        with urlopen(Request(url, body.encode(), headers), timeout=10) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code
    except (URLError, OSError):
        return 0


@pytest.mark.parametrize("level", LEVELS)
def test_a_start_that_fails(served: Served, tmp_path: Path, level: str):
    """A refused token and a server that is not there."""
    wrong = f"{TOKEN}wrong"
    options = ["--log-level", level]
    refused = served(data_dir=tmp_path / "a", options=options, token=wrong, wait=False)
    nowhere = ["--base-url", f"http://127.0.0.1:{free_port()}/bot"]
    gone = served(data_dir=tmp_path / "b", options=[*options, *nowhere], wait=False)
    for bot in (refused, gone):
        assert 1 == bot.wait(180)
        assert [] == leaks(bot, wrong, *PRIVATE)
