"""Groups and forum topics: answers when addressed, in the right topic, each with its own conversation."""

from __future__ import annotations

import itertools

import pytest

from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.world import Chat, Message, Person

GEMPA = "Berapa magnitudo gempa Padang?"
JALAN = "Berapa anggaran perbaikan jalan di Pontianak?"
_ids = itertools.count(-100_101, -1)


@pytest.fixture
def group(open_bot: ServedBot) -> Chat:  # noqa: ARG001  # nobody answers without it
    return Chat(next(_ids))


@pytest.fixture
def forum(open_bot: ServedBot) -> Chat:  # noqa: ARG001
    return Chat(next(_ids), is_forum=True)


def is_left_alone(api: BotApi, chat: Chat, person: Person, message: Message) -> bool:
    """Whether nothing came back for `message`, as a later command in the same chat shows."""
    last = api.send_message(chat, person, "/bantuan")
    api.wait_for_reply(chat, to=last)
    return [] == [reply for reply in api.replies(chat) if reply.reply_to == message.id]


def test_it_answers_when_mentioned_and_replies_to_the_question(api: BotApi, group: Chat, ani: Person):
    question = api.send_message(group, ani, f"@tanya_berita_bot {GEMPA}")
    reply = api.wait_for_reply(group, to=question)
    assert "5,8" in reply.text
    assert question.id == reply.reply_to


def test_it_answers_a_command_that_names_it(api: BotApi, group: Chat, ani: Person):
    question = api.send_message(group, ani, f"/tanya@tanya_berita_bot {GEMPA}")
    assert "5,8" in api.wait_for_reply(group, to=question).text


def test_it_answers_a_reply_to_its_answer(api: BotApi, group: Chat, ani: Person, budi: Person):
    question = api.send_message(group, ani, f"/tanya {GEMPA}")
    answer = api.wait_for_reply(group, to=question)
    follow_up = api.send_message(group, budi, "Kapan itu terjadi?", reply_to=answer)
    assert "9/3/2026" in api.wait_for_reply(group, to=follow_up).text


def test_a_command_alone_takes_the_message_it_replies_to(api: BotApi, group: Chat, ani: Person, budi: Person):
    said = api.send_message(group, ani, GEMPA)
    command = api.send_message(group, budi, "/tanya", reply_to=said)
    assert "5,8" in api.wait_for_reply(group, to=command).text


@pytest.mark.parametrize("text", [GEMPA, "@tanya_berita_botol ada apa?", "/tanya@lain_bot apa kabar?", "halo semua"])
def test_what_is_not_meant_for_it_is_left_alone(api: BotApi, group: Chat, ani: Person, text: str):
    message = api.send_message(group, ani, text)
    assert is_left_alone(api, group, ani, message)


def test_a_reply_to_somebody_else_is_left_alone(api: BotApi, group: Chat, ani: Person, budi: Person):
    said = api.send_message(group, ani, "Gempa tadi malam.")
    assert is_left_alone(api, group, budi, api.send_message(group, budi, GEMPA, reply_to=said))


def test_it_answers_in_the_topic_it_was_asked_in(api: BotApi, forum: Chat, ani: Person):
    for topic, text, said in ((5, GEMPA, "5,8"), (9, JALAN, "Pontianak")):
        api.send_message(forum, ani, f"/tanya {text}", topic=topic)
        reply = api.wait_for(lambda topic=topic: api.replies(forum, topic=topic))[-1]
        assert said in reply.text
        assert topic == reply.topic


def test_each_topic_is_its_own_conversation(api: BotApi, forum: Chat, ani: Person):
    api.send_message(forum, ani, f"/tanya {GEMPA}", topic=5)
    api.wait_for(lambda: api.replies(forum, topic=5))
    api.send_message(forum, ani, "/sumber", topic=9)
    assert "Belum ada jawaban" in api.wait_for(lambda: api.replies(forum, topic=9))[-1].text


def test_members_share_one_conversation_and_its_buttons(api: BotApi, group: Chat, ani: Person, budi: Person):
    question = api.send_message(group, ani, f"/tanya {GEMPA}")
    answer = api.wait_for_reply(group, to=question)
    api.press(answer, answer.data("👍"), budi)
    api.wait_for(lambda: "Terima kasih" in str(api.calls("answerCallbackQuery")[-1:]))
    follow_up = api.send_message(group, budi, "/tanya Kapan itu terjadi?")
    assert "9/3/2026" in api.wait_for_reply(group, to=follow_up).text


def test_only_the_person_who_asked_for_it_can_confirm_the_erasure(api: BotApi, group: Chat, ani: Person, budi: Person):
    api.send_message(group, ani, "/hapus")
    request = api.wait_for(lambda: api.replies(group))[-1]
    api.press(request, request.data("Ya, hapus"), budi)
    api.wait_for(lambda: "bukan untuk Anda" in str(api.calls("answerCallbackQuery")[-1:]))
    assert "tidak dapat dibatalkan" in api.now(request).text


def test_small_talk_in_a_group_is_replied_to_only_when_addressed(api: BotApi, group: Chat, ani: Person):
    thanks = api.send_message(group, ani, "@tanya_berita_bot makasih ya")
    assert "Sama-sama" in api.wait_for_reply(group, to=thanks).text
    assert is_left_alone(api, group, ani, api.send_message(group, ani, "makasih ya"))
