"""A language model behind the bot: whoever waits for it waits alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.llm.server import Handler, ScriptedServer, says
from tests.telegram.conftest import Served
from tests.telegram.server import BotApi
from tests.telegram.world import Person

QUESTION = "Berapa magnitudo gempa Padang?"
REPLY = "Gempa bumi bermagnitudo 5,8 mengguncang wilayah Padang."
PEOPLE = [Person(number, f"Orang {number}") for number in (11, 12, 13)]
OTHER = Person(14, "Sari")


def test_a_slow_language_model_keeps_nobody_waiting(bot_api: BotApi, served: Served, news: Path) -> None:
    """Three questions are with the model at once, a command is answered meanwhile, and then they are."""
    pytest.importorskip("llama_index.llms.openai_like", reason="the extra tanya-berita[llm] is not installed")
    server, go = ScriptedServer(), threading.Event()

    def scene(to: Handler) -> None:
        assert go.wait(60)
        says(REPLY)(to)

    server.scene = scene
    served(
        data_dir=news,
        config={
            "telegram": {"access": "open"},
            "answer": {"reader": "similarity", "mode": "llm", "deadline": 60.0},
            "llm": {"provider": "openai", "model": "lambat", "base_url": server.url},
        },
    )
    asked = [bot_api.send_message(person.chat, person, QUESTION) for person in PEOPLE]
    bot_api.wait_for(lambda: len(server.requests) == len(PEOPLE))
    command = bot_api.send_message(OTHER.chat, OTHER, "/terbaru")
    assert "Maret 2026" in bot_api.wait_for_reply(OTHER.chat, to=command).text
    assert not any(bot_api.replies(person.chat) for person in PEOPLE)
    go.set()
    for person, question in zip(PEOPLE, asked, strict=True):
        answer = bot_api.wait_for_reply(person.chat, to=question).text
        assert REPLY in answer
        assert "Dirumuskan oleh lambat." in answer
    server.close()
