"""What is deleted is gone from the disk, too: after /hapus, and when it is older than it may be."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.bench.telegram import UNLIMITED, ask, erased, newcomers, on_disk, undone
from tests.telegram.conftest import Served
from tests.telegram.server import BotApi
from tests.telegram.world import Chat, Person

OPEN = {"telegram": UNLIMITED}
SOON = 20.0  # seconds; the promise is 60


def rich(api: BotApi, person: Person, word: str, group: Chat) -> None:
    """Leave a trace in every table: questions, an edit, feedback, a language, a follow-up, a group."""
    question = api.send_message(person.chat, person, f'Berapa magnitudo gempa Padang, {word}, "kaﬁé"?')
    answer = api.wait_for_reply(person.chat, to=question)
    api.press(answer, answer.data("👎"), person)
    api.edit_message(question, f"Berapa anggaran jalan di Pontianak, {word}?")
    ask(api, person, f"Kapan itu, {word}?")
    ask(api, person, f"/tanya Siapa Quetzalcoatl {word}?")
    asked = api.send_message(group, person, f"/tanya@tanya_berita_bot Berapa magnitudo gempa Padang, {word}?")
    api.wait_for_reply(group, to=asked)


def test_nothing_of_a_person_is_left_and_everything_of_the_others(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news, config=OPEN)
    ani, budi, group = Person(71, "Aniwxyz Héé"), Person(72, "Budiwxyz"), Chat(-100_700)
    rich(bot_api, ani, "rahasiaani é", group)
    rich(bot_api, budi, "rahasiabudi", group)
    assert on_disk(news, "rahasiaani é"), "it was never there"
    erased(bot_api, bot, ani, "rahasiaani é", "rahasiaani", "Aniwxyz Héé", timeout=SOON)
    assert on_disk(news, "rahasiabudi")
    assert "rahasiabudi" in ask(bot_api, budi, "/riwayat")[0].text
    assert "Belum ada" in ask(bot_api, ani, "/riwayat")[0].text
    bot.terminate()
    assert [] == on_disk(news, "rahasiaani", "Aniwxyz")


def test_a_kill_right_after_the_confirmation_keeps_nothing(bot_api: BotApi, served: Served, news: Path):
    """Whatever was deleted and not yet off the disk is so soon after the next start."""
    bot = served(data_dir=news, config=OPEN)
    [ani] = newcomers(1)
    ask(bot_api, ani, "Berapa magnitudo gempa Padang, rahasiaani?")
    choice, _ = ask(bot_api, ani, "/hapus")
    bot_api.press(choice, choice.data("Ya, hapus"), ani)
    bot_api.wait_for(lambda: "sudah dihapus" in bot_api.now(choice).text and undone(bot) == 0)
    bot.kill()
    bot.start()
    until_gone(news, "rahasiaani")


def test_a_reader_of_the_database_delays_it_and_no_more(bot_api: BotApi, served: Served, news: Path):
    """An export or a backup at the wrong moment: as long as it reads, the old pages stay, and no longer."""
    served(data_dir=news, config=OPEN)
    ani, budi = newcomers(2)
    ask(bot_api, ani, "Berapa magnitudo gempa Padang, rahasiaani?")
    with closing(sqlite3.connect(news / "telegram.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM answers").fetchone()
        choice, _ = ask(bot_api, ani, "/hapus")
        bot_api.press(choice, choice.data("Ya, hapus"), ani)
        bot_api.wait_for(lambda: "sudah dihapus" in bot_api.now(choice).text)
        time.sleep(7)
        _, seconds = ask(bot_api, budi, "Berapa magnitudo gempa Padang?")
        assert seconds < 5  # the others are answered meanwhile
    until_gone(news, "rahasiaani")


def test_who_confirms_while_something_is_being_answered(bot_api: BotApi, served: Served, news: Path):
    """The answer to a slow Telegram ends after the data was deleted; the update that asked must go, too."""
    bot = served(data_dir=news, config=OPEN)
    ani = Person(73, "Aniwxyz")
    ask(bot_api, ani, "Berapa magnitudo gempa Padang, rahasiaani?")
    choice, _ = ask(bot_api, ani, "/hapus")
    bot_api.fault("slow", "editMessageText", "answerCallbackQuery", chat=None, seconds=6)
    bot_api.press(choice, choice.data("Ya, hapus"), ani)
    bot_api.wait_for(lambda: undone(bot) == 0, 30)
    until_gone(news, "rahasiaani", "Aniwxyz")


def until_gone(folder: Path, *texts: str) -> None:
    deadline = time.monotonic() + SOON
    while left := on_disk(folder, *texts):
        assert time.monotonic() < deadline, f"there is still {left}"
        time.sleep(0.1)


def test_what_is_older_than_allowed_vanishes(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news, config={"telegram": UNLIMITED | {"retention_days": 30}})
    old, recent = newcomers(2)
    ask(bot_api, old, "Berapa magnitudo gempa Padang, rahasialama?")
    ask(bot_api, recent, "Berapa magnitudo gempa Padang, rahasiabaru?")
    bot.terminate()
    now = time.time()
    with closing(sqlite3.connect(news / "telegram.sqlite")) as db, db:
        for person, days in ((old, 30.01), (recent, 29.99)):
            at = now - days * 86_400
            db.execute("UPDATE answers SET asked_at = ? WHERE person = ?", (at, person.id))
            db.execute(
                "INSERT INTO offers (chat, person, content, made) VALUES (?, ?, ?, ?)",
                (person.id, person.id, f"tawaran {person.id}", at),
            )
            db.execute("INSERT INTO parties (id, name, code, since) VALUES (?, ?, ?, ?)", (person.id, "x", None, at))
    assert on_disk(news, "rahasialama")
    bot.start()
    until_gone(news, "rahasialama", f"tawaran {old.id}")
    assert {"rahasiabaru", f"tawaran {recent.id}"} == {
        text for _, text in on_disk(news, "rahasiabaru", f"tawaran {recent.id}")
    }
    assert "rahasiabaru" in ask(bot_api, recent, "/riwayat")[0].text


def test_an_offer_that_nobody_answered_vanishes_too(served: Served, news: Path):
    """Also when there is no answer to delete with it, and from every page of the file."""
    served(data_dir=news, config=OPEN)
    with closing(sqlite3.connect(news / "telegram.sqlite")) as db, db:
        at = time.time() - 91 * 86_400
        db.execute("INSERT INTO offers (chat, person, content, made) VALUES (1, 1, 'rahasiatawaran', ?)", (at,))
    assert on_disk(news, "rahasiatawaran")
    until_gone(news, "rahasiatawaran")
