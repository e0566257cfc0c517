"""The server of the tests tells the truth: what it records, injects and refuses, and how it delivers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.telegram.faults import Kind
from tests.telegram.server import BotApi
from tests.telegram.world import Json, Message, Person, entities, utf16

SARI, BUDI = Person(11), Person(12, "Budi", "budi", "en")
KEYBOARD = {"inline_keyboard": [[{"text": "Lagi", "callback_data": "again"}]]}


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A server whose problems are the subject of the test."""
    server = BotApi.start()
    server.meet(SARI.chat)
    server.meet(BUDI.chat)
    yield server
    server.stop()


def call(api: BotApi, method: str, token: str | None = None, **parameters: Any) -> tuple[int, Json]:
    """Call the server as a bot does: the HTTP status, and the body."""
    fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    try:
        with urlopen(f"{api.base_url}{token or api.token}/{method}", urlencode(fields).encode(), 30) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def send(api: BotApi, text: str = "halo", chat: int = SARI.id, **parameters: Any) -> tuple[int, Json]:
    return call(api, "sendMessage", chat_id=chat, text=text, **parameters)


def poll(api: BotApi, **parameters: Any) -> list[int]:
    """The ids of the updates that getUpdates gives."""
    status, body = call(api, "getUpdates", **parameters)
    assert 200 == status
    return [update["update_id"] for update in body["result"]]


# -- delivery ----------------------------------------------------------------------------------


def test_updates_come_in_order_until_they_are_acknowledged(api: BotApi) -> None:
    """As getUpdates is documented: an offset forgets what is older, and nothing else does."""
    ids = [api.send_message(SARI.chat, SARI, str(n)).update_id or 0 for n in range(6)]
    assert ids == sorted(ids)
    assert ids == poll(api) == poll(api)
    assert ids[:2] == poll(api, limit=2)
    assert ids[3:] == poll(api, offset=ids[3]) == poll(api)
    assert [] == poll(api, offset=ids[-1] + 1)


def test_long_polling_waits_for_an_update(api: BotApi) -> None:
    """It returns when there is one, well before its timeout, and empty-handed at its timeout."""
    timer = threading.Timer(0.4, api.send_message, (SARI.chat, SARI, "halo"))
    begun = time.monotonic()
    timer.start()
    assert 1 == len(poll(api, timeout=20))
    assert 0.35 < time.monotonic() - begun < 5
    timer.join()
    begun = time.monotonic()
    assert [] == poll(api, offset=10, timeout=1)
    assert 0.9 < time.monotonic() - begun < 3


def test_two_bots_with_one_token(api: BotApi) -> None:
    """409, as from Telegram, while another poll is open."""
    other = threading.Thread(target=poll, args=(api,), kwargs={"timeout": 20})
    other.start()
    api.wait_for(lambda: api.calls("getUpdates"))
    assert 409 == call(api, "getUpdates", timeout=0)[0]
    api.send_message(SARI.chat, SARI, "halo")
    other.join()


def test_another_token_is_refused(api: BotApi) -> None:
    """401, whatever it asks for."""
    status, body = call(api, "getMe", token="7:wrong")
    assert (401, "Unauthorized") == (status, body["description"])


def test_entities_count_in_utf16() -> None:
    """Behind an emoji, and neither in an address nor in the middle of a word."""
    text = "👍🏽 /tanya@tanya_berita_bot @budi_s https://a.example/@x a@bcd"
    found = {e["type"]: text.encode("utf-16-le")[2 * e["offset"] :][: 2 * e["length"]] for e in entities(text)}
    expected = {"bot_command": "/tanya@tanya_berita_bot", "mention": "@budi_s", "url": "https://a.example/@x"}
    assert expected == {kind: part.decode("utf-16-le") for kind, part in found.items()}
    assert 5 == utf16("👍🏽 ")


# -- what goes wrong on demand -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "description"),
    [
        ("retry_after", 429, "Too Many Requests: retry after 1"),
        ("status", 502, "Bad Gateway"),
        ("parse", 400, "Bad Request: can't parse entities"),
        ("not_modified", 400, "Bad Request: message is not modified"),
        ("blocked", 403, "Forbidden: bot was blocked by the user"),
    ],
)
def test_refusals(api: BotApi, kind: Kind, status: int, description: str) -> None:
    """Once, for that chat and method alone, without an effect, and on record."""
    api.fault(kind, "sendMessage", chat=SARI.chat, nth=[1], status=502)
    got, body = send(api, parse_mode="HTML")
    assert (status, True) == (got, body["description"].startswith(description))
    assert 200 == send(api, chat=BUDI.id)[0]
    assert [(kind, status), (None, 200)] == [(c.fault, c.status) for c in api.calls("sendMessage")]
    assert [] == api.messages(SARI.chat)
    if kind != "retry_after":
        assert 200 == send(api)[0]


@pytest.mark.parametrize(("kind", "shown"), [("drop_before", []), ("drop_after", ["halo"])])
def test_dropped_connections(api: BotApi, kind: Kind, shown: list[str]) -> None:
    """The bot cannot tell whether its message is there; the record can."""
    api.fault(kind, "sendMessage", nth=[1])
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        send(api)
    assert shown == [m.text for m in api.messages(SARI.chat)]
    assert [(kind, 0)] == [(c.fault, c.status) for c in api.calls()]


def test_slow_answers(api: BotApi) -> None:
    """They take as long as asked for, and others need not wait."""
    api.fault("slow", "sendMessage", chat=SARI.chat, seconds=0.5)
    slow = threading.Thread(target=send, args=(api,))
    slow.start()
    api.wait_for(api.calls)
    send(api, chat=BUDI.id)
    assert [] == api.messages(SARI.chat)
    slow.join()
    [first, second] = api.calls()
    assert first.done_at is not None
    assert second.done_at is not None
    assert 0.5 <= first.done_at - first.at < 2
    assert second.done_at < first.done_at


def test_an_early_retry_is_seen(api: BotApi) -> None:
    """Before `retry_after` is over: refused again and marked; afterwards, and in other chats: neither."""
    api.fault("retry_after", "sendMessage", chat=SARI.chat, nth=[1], retry_after=1)
    assert 1 == send(api)[1]["parameters"]["retry_after"]
    time.sleep(0.1)
    assert (429, 200) == (send(api)[0], send(api, chat=BUDI.id)[0])
    time.sleep(1)
    assert 200 == send(api)[0]
    assert [False, True, False, False] == [c.early for c in api.calls()]


def test_a_share_of_the_calls(api: BotApi) -> None:
    """Drawn with a seed: the same calls each time, about as many as asked for, at most `times`."""
    first = api.fault("status", "sendMessage", share=0.3, seed=1)
    statuses = [[send(api)[0] for _ in range(60)]]
    assert 8 <= first.hits == statuses[0].count(500) <= 28
    api.clear_faults()
    api.fault("status", "sendMessage", share=0.3, seed=1, times=3)
    statuses.append([send(api)[0] for _ in range(60)])
    assert 3 == statuses[1].count(500)
    third = [n for n, status in enumerate(statuses[0]) if status == 500][2]
    assert statuses[0][: third + 1] == statuses[1][: third + 1]


# -- what Telegram would not take --------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "status", "problem"),
    [
        ({"text": "<b>halo", "parse_mode": "HTML"}, 400, "invalid HTML"),
        ({"text": "*halo*", "parse_mode": "Markdown"}, 200, "parse_mode 'Markdown'"),
        ({"text": "<b>a</b> " * 101, "parse_mode": "HTML"}, 200, "101 entities"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 33}]]}}, 400, "66 bytes"),
    ],
)
def test_problems(api: BotApi, parameters: Json, status: int, problem: str) -> None:
    """They are kept, also those that Telegram passes over in silence."""
    assert status == send(api, **parameters)[0]
    assert [True] == [problem in each for each in api.problems]


def refused(api: BotApi, method: str, **parameters: Any) -> str:
    status, body = call(api, method, **parameters)
    assert 400 == status
    return str(body["description"]).removeprefix("Bad Request: ").split(":")[0]


def test_the_limit_counts_what_is_shown(api: BotApi) -> None:
    """4,096 UTF-16 units after the tags are gone."""
    fits = f"<b>{'👍' * 2047}</b>&lt;&amp;"
    assert 200 == send(api, fits, parse_mode="HTML")[0]
    assert "message is too long" == refused(api, "sendMessage", chat_id=11, text=f"{fits}x", parse_mode="HTML")
    assert [] == api.problems


def test_refused_as_by_telegram(api: BotApi) -> None:
    """Unknown chats, topics, messages and queries; an edit that changes nothing."""
    answer = send(api, reply_markup=KEYBOARD)[1]["result"]["message_id"]
    mine: Message = api.send_message(SARI.chat, SARI, "halo")
    edit: Json = {"chat_id": 11, "message_id": answer, "text": "halo", "reply_markup": KEYBOARD}
    replied = {"message_id": 999}
    assert "chat not found" == refused(api, "sendMessage", chat_id=13, text="halo")
    assert "message thread not found" == refused(api, "sendMessage", chat_id=11, text="halo", message_thread_id=1)
    assert "message to be replied not found" == refused(
        api, "sendMessage", chat_id=11, text="halo", reply_parameters=replied
    )
    assert "message is not modified" == refused(api, "editMessageText", **edit)
    assert "message to edit not found" == refused(api, "editMessageText", **edit | {"message_id": 999})
    assert "message can't be edited" == refused(api, "editMessageText", **edit | {"message_id": mine.id})
    assert refused(api, "answerCallbackQuery", callback_query_id="9").startswith("query is too old")
    assert 200 == call(api, "editMessageText", **edit | {"text": "123"})[0]
    assert ["123", "halo"] == [m.text for m in api.messages(SARI.chat)]
    assert 200 == call(api, "deleteMessage", chat_id=11, message_id=answer)[0]
    assert [mine] == api.messages(SARI.chat)


def test_a_wait_in_vain_tells_the_story(api: BotApi) -> None:
    """The last calls are in the failure."""
    send(api)
    with pytest.raises(AssertionError, match=r"(?s)not within 0.1 s.*\n#0 sendMessage 200"):
        api.wait_for(lambda: api.calls("editMessageText"), 0.1)
