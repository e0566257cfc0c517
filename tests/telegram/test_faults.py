"""What goes wrong on the way to Telegram: every reply arrives all the same, and nobody else waits for it."""

from __future__ import annotations

import pytest

from tests.bench.telegram import QUESTIONS, Replies, ask, faulty, finish
from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.test_asking import GEMPA, _source
from tests.telegram.world import Person


@pytest.fixture(autouse=True)
def _faultless_afterwards(api: BotApi):
    yield
    api.clear_faults()


def test_every_reply_arrives_and_none_too_early(api: BotApi, open_bot: ServedBot):
    """`python -m tests.bench.telegram` does it with 100 replies."""
    found, early = faulty(api, open_bot, people=5, each=6, share=0.4, seed=2)
    assert (30, 0, 0, 0) == (found.asked, found.lost, found.disordered, early)


def test_a_chat_that_must_wait_keeps_nobody_else_waiting(api: BotApi, ani: Person, budi: Person):
    api.fault("retry_after", "sendMessage", chat=ani.chat, nth=[1], retry_after=4)
    late = api.send_message(ani.chat, ani, GEMPA)
    api.wait_for(lambda: [call for call in api.calls("sendMessage") if call.chat == ani.id and call.status == 429])
    ask(api, budi, GEMPA)
    assert [] == api.replies(ani.chat)
    reply = api.wait_for_reply(ani.chat, to=late)
    assert reply.at - late.at > 4
    assert not any(call.early for call in api.calls() if call.chat == ani.id)


def test_what_telegram_cannot_parse_is_sent_as_plain_text(api: BotApi, ani: Person):
    whole, _ = ask(api, ani, GEMPA)
    api.fault("parse", "sendMessage", chat=ani.chat)
    plain, _ = ask(api, ani, GEMPA)
    assert plain.parse_mode is None
    assert "<b>" not in plain.source
    assert whole.text.split() == plain.text.split()
    assert [b["text"] for b in whole.buttons] == [b["text"] for b in plain.buttons]


def test_an_edit_that_telegram_cannot_parse_is_made_in_plain_text(api: BotApi, ani: Person):
    answer, _ = ask(api, ani, GEMPA)
    api.fault("parse", "editMessageText", chat=ani.chat)
    api.press(answer, _source(answer), ani)
    api.wait_for(lambda: "mengguncang" in api.now(answer).text and api.now(answer).source != answer.source)
    assert "<b>" not in api.now(answer).source


def test_an_edit_that_changes_nothing_is_no_error(api: BotApi, ani: Person):
    answer, _ = ask(api, ani, GEMPA)
    api.fault("not_modified", "editMessageText", chat=ani.chat)
    query = api.press(answer, _source(answer), ani)
    answered = api.wait_for(lambda: [c for c in api.calls("answerCallbackQuery") if _query(c.parameters) == query])
    assert "text" not in answered[0].parameters
    assert [answer.id] == [m.id for m in api.replies(ani.chat)]


def _query(parameters: dict[str, object]) -> str:
    return str(parameters["callback_query_id"])


def test_a_chat_that_blocked_the_bot_is_no_error(api: BotApi, open_bot: ServedBot, ani: Person, budi: Person):
    before = len(open_bot.log)
    api.fault("blocked", "sendMessage", "sendChatAction", chat=ani.chat, times=2)
    api.send_message(ani.chat, ani, GEMPA)
    finish(api, open_bot)
    assert "5,8" in ask(api, budi, GEMPA)[0].text
    log = open_bot.log[before:]
    assert "blocked the bot" in log
    assert "ERROR" not in log
    assert "5,8" in ask(api, ani, GEMPA)[0].text  # unblocked


def test_what_telegram_never_takes_is_given_up_and_the_chat_goes_on(api: BotApi, open_bot: ServedBot, ani: Person):
    """A refusal that no patience helps against: an apology, and the next question is answered."""
    api.fault("status", "sendMessage", chat=ani.chat, status=400, times=1)
    api.send_message(ani.chat, ani, GEMPA)
    finish(api, open_bot)
    assert "Pontianak" in ask(api, ani, QUESTIONS[1])[0].text
    apology, _ = [message.text for message in api.replies(ani.chat)]
    assert "Maaf, ada yang salah" in apology


def test_the_comparison_sees_what_is_missing_repeated_and_out_of_order(api: BotApi, ani: Person):
    """The yardstick of these tests, held against a conversation that went wrong."""
    texts = [str(ask(api, ani, question)[0].source) for question in (QUESTIONS[1], QUESTIONS[0], QUESTIONS[1])]
    expected = [texts[1], texts[0], "never sent"]
    assert Replies(3, lost=1, twice=1, disordered=1) == Replies.compared(api, [ani], expected)
