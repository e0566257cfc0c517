"""Who is answered: closed by default, opened by the owner, and never a retrieval for a stranger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.llm.ledger import Ledger
from bot.llm.model import Usage
from tests.telegram.conftest import Served
from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.world import Chat, Message, Person

OWNER, ANI, BUDI = Person(1, "Sari Pemilik"), Person(2, "Ani"), Person(3, "Budi")
GROUP = Chat(-100_500)
GEMPA = "Berapa magnitudo gempa Padang?"


def ask(api: BotApi, person: Person, text: str, chat: Chat | None = None) -> Message:
    question = api.send_message(chat or person.chat, person, text)
    return api.wait_for_reply(chat or person.chat, to=question)


def code_in(text: str) -> str:
    return re.findall(r"/izinkan ([A-Z2-9]{8})", text)[0]


def owner_code(bot: ServedBot) -> str:
    return re.findall(r"/start ([A-Z2-9]{8})", bot.out)[-1]


def test_a_stranger_is_paired_by_the_first_owner_and_stays_so(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news)
    assert "tertutup" in ask(bot_api, ANI, GEMPA).text
    assert "sekarang pemilik" in ask(bot_api, OWNER, f"/start {owner_code(bot)}").text
    # The code works once.
    assert "tertutup" in ask(bot_api, BUDI, f"/start {owner_code(bot)}").text
    code = code_in(bot_api.replies(ANI.chat)[0].text)
    assert "Ani (2)" in ask(bot_api, OWNER, f"/izinkan {code}").text
    bot_api.wait_for(lambda: "sudah diizinkan" in bot_api.replies(ANI.chat)[-1].text)
    assert "5,8" in ask(bot_api, ANI, GEMPA).text
    bot.restart()
    assert "5,8" in ask(bot_api, ANI, GEMPA).text
    assert "/status" in ask(bot_api, OWNER, "/bantuan").text
    assert "Ani" in ask(bot_api, OWNER, "/pengguna").text
    ask(bot_api, OWNER, f"/blokir {ANI.id}")
    before = len(bot_api.replies(ANI.chat))
    assert "tidak dapat diblokir" in ask(bot_api, OWNER, f"/blokir {OWNER.id}").text
    bot_api.send_message(ANI.chat, ANI, GEMPA)
    bot_api.wait_for(lambda: len(bot_api.replies(ANI.chat)) > before)
    assert "5,8" not in bot_api.replies(ANI.chat)[-1].text


def test_strangers_are_refused_before_any_search(bot_api: BotApi, served: Served, tmp_path: Path):
    # An index that cannot be searched: whoever gets as far as retrieval gets an apology instead.
    bot = served(data_dir=tmp_path / "empty", config={"telegram": {"access": "allowlist", "users": [ANI.id]}})
    strangers = [Person(n, f"Orang {n}") for n in range(50, 70)]
    questions = [(stranger, bot_api.send_message(stranger.chat, stranger, GEMPA)) for stranger in strangers]
    for stranger, question in questions:
        reply = bot_api.wait_for_reply(stranger.chat, to=question)
        assert "tertutup" in reply.text
        assert str(stranger.id) in reply.text
    assert [] == bot_api.calls("sendChatAction")
    inline = bot_api.inline(BUDI, GEMPA)
    assert [] == bot_api.wait_for(lambda: [r for r in [bot_api.results(inline)] if r is not None])[0]
    assert GEMPA not in bot.log


def test_a_group_is_let_in_as_a_whole(bot_api: BotApi, served: Served, news: Path):
    served(data_dir=news, config={"telegram": {"owners": [OWNER.id]}})
    code = code_in(ask(bot_api, ANI, f"/tanya@tanya_berita_bot {GEMPA}", GROUP).text)
    assert GROUP.title in ask(bot_api, OWNER, f"/izinkan {code}").text
    bot_api.wait_for(lambda: "sudah diizinkan" in bot_api.replies(GROUP)[-1].text)
    for person in (ANI, BUDI):
        assert "5,8" in ask(bot_api, person, f"/tanya@tanya_berita_bot {GEMPA}", GROUP).text
    # In private they are strangers still.
    assert "tertutup" in ask(bot_api, BUDI, GEMPA).text


def test_a_flood_of_a_stranger_is_answered_once(bot_api: BotApi, served: Served, news: Path):
    served(data_dir=news, config={"telegram": {"owners": [OWNER.id]}})
    for _ in range(30):
        bot_api.send_message(ANI.chat, ANI, GEMPA)
    assert "5,8" in ask(bot_api, OWNER, GEMPA).text
    bot_api.wait_for(lambda: bot_api.pending == 0)
    assert 1 == len(bot_api.replies(ANI.chat))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/izinkan", "Sebut kode"), ("/izinkan ABCDEFGH", "tidak dikenal"), ("/izinkan 77", "77"),
        ("/blokir x", "tidak dikenal"), ("/umpanbalik", "Belum ada"), ("/status", "Artikel: 32 (1 salinan)"),
        ("/tambah", "Sebut alamatnya"), ("/tambah ftp://x", "Sebut alamatnya"),
        ("/tambah http://127.0.0.1:9/x", "inside a network"), ("/pengguna", "owner"),
    ],
)  # fmt: skip
def test_what_an_owner_may_say(owned: BotApi, command: str, said: str):
    assert said in ask(owned, OWNER, command).text


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("id", "Model bahasa bulan ini: gemma&3 · 2 panggilan · 6.800 + 420 token · biaya 0,0250"),
        ("en", "Language model this month: gemma&3 · 2 calls · 6,800 + 420 tokens · cost 0.0250"),
    ],
)
def test_an_owner_is_told_what_the_language_model_took(
    bot_api: BotApi, served: Served, news: Path, language: str, line: str
):
    served(data_dir=news, config={"language": language, "telegram": {"owners": [OWNER.id]}})
    before = ask(bot_api, OWNER, "/status").text
    for _ in range(2):
        Ledger(news / "llm-usage.sqlite").add("gemma&3", Usage(3_400, 210), 0.0125)
    assert f"{before}\n{line}" == ask(bot_api, OWNER, "/status").text


@pytest.mark.parametrize(
    "command", ["/izinkan 3", "/blokir 3", "/tambah http://x.id/a", "/pengguna", "/umpanbalik", "/status"]
)
def test_nobody_else_may(owned: BotApi, command: str):
    assert "untuk pemilik" in ask(owned, ANI, command).text


@pytest.fixture(scope="module")
def owned(api: BotApi, sample_index, tmp_path_factory):
    import shutil

    folder = tmp_path_factory.mktemp("owned")
    data = Path(shutil.copytree(sample_index.folder, folder / "news"))
    settings = {"owners": [OWNER.id], "users": [ANI.id], "access": "allowlist", "questions_per_minute": 1000}
    bot = ServedBot(api, folder, data_dir=data, config={"telegram": settings}).start()
    yield api
    bot.close()
