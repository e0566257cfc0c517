"""The bot against a server that shares nothing with the first: a second opinion on what it sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.telegram.conftest import Served
from tests.telegram.second_server import SecondServer
from tests.telegram.strict_html import check


@pytest.fixture(scope="module")
def reader() -> str:
    return "trained"


def test_a_question_its_quote_and_its_button(second_server: SecondServer, served: Served, news: Path):
    bot = served(second_server, data_dir=news, config={"telegram": {"access": "open"}})
    second_server.send_message("/start")
    [greeting] = second_server.wait_for(second_server.replies, 180)
    assert "32 artikel" in greeting["text"]

    second_server.send_message("Berapa magnitudo gempa Padang?")
    _, answer = second_server.wait_for(lambda: two_of(second_server))
    assert answer["text"].startswith("<b>5,8 [1]</b>")
    assert "bermagnitudo <b>5,8</b> mengguncang" in answer["text"]
    [source] = [
        b["callback_data"]
        for row in answer["reply_markup"]["inline_keyboard"]
        for b in row
        if b["text"].startswith("[1]")
    ]
    second_server.press(answer, source)
    second_server.wait_for(lambda: second_server.replies()[1]["text"] != answer["text"])
    page = second_server.replies()[1]
    assert "5,8" in page["text"]
    assert "mengguncang" in page["text"]
    assert "Kembali" in str(page["reply_markup"])
    assert [[]] * 3 == [check(message["text"]) for message in (greeting, answer, page)]
    assert bot.terminate() < 10
    assert "ERROR" not in bot.log


def two_of(server: SecondServer) -> list[dict[str, object]]:
    replies = server.replies()
    return replies if len(replies) == 2 else []
