"""Questions in a private chat: answers with their quotes, follow-ups, edits, buttons, a restart in between."""

from __future__ import annotations

import pytest

from tests.telegram.driver import ServedBot
from tests.telegram.server import BotApi
from tests.telegram.world import Message, Person

GEMPA = "Berapa magnitudo gempa Padang?"


@pytest.fixture(scope="module")
def reader() -> str:
    return "trained"


def ask(api: BotApi, person: Person, text: str, **options: object) -> Message:
    question = api.send_message(person.chat, person, text, **options)
    return api.wait_for_reply(person.chat, to=question)


def test_an_answer_has_its_quote_its_outlet_its_date_and_buttons(api: BotApi, ani: Person):
    reply = ask(api, ani, GEMPA)
    assert reply.source.startswith("<b>5,8 [1]</b>")
    assert "bermagnitudo 5,8 mengguncang" in reply.text
    assert "Kabar Nusantara" in reply.text
    assert "9 Maret 2026" in reply.text
    labels = [button["text"] for button in reply.buttons]
    assert ["👍", "👎"] == labels[:2]
    assert "[1] Kabar Nusantara" in labels


def test_what_no_article_says_is_not_answered(api: BotApi, ani: Person):
    reply = ask(api, ani, "Siapa Quetzalcoatl Xyrgon?")
    assert "Tidak ada di artikel" in reply.text
    assert "blockquote" not in reply.source


def test_a_follow_up_leans_on_the_question_before_until_the_conversation_is_forgotten(api: BotApi, ani: Person):
    first = ask(api, ani, GEMPA)
    follow_up = ask(api, ani, "Kapan itu terjadi?")
    assert "9/3/2026" in follow_up.text
    assert first.id != follow_up.id
    ask(api, ani, "/baru")
    assert "Belum ada jawaban" in ask(api, ani, "/sumber").text


def test_a_reply_to_an_older_answer_asks_about_that_one(api: BotApi, ani: Person):
    gempa = ask(api, ani, GEMPA)
    ask(api, ani, "Berapa anggaran perbaikan jalan di Pontianak?")
    reply = ask(api, ani, "Kapan itu terjadi?", reply_to=gempa)
    assert "9/3/2026" in reply.text
    assert "Pontianak" not in reply.text


def test_one_person_knows_nothing_of_anothers_conversation(api: BotApi, ani: Person, budi: Person):
    ask(api, ani, GEMPA)
    assert "Belum ada jawaban" in ask(api, budi, "/sumber").text


def test_an_edited_question_is_answered_by_editing_the_answer(api: BotApi, ani: Person):
    question = api.send_message(ani.chat, ani, GEMPA)
    answer = api.wait_for_reply(ani.chat, to=question)
    api.edit_message(question, "Berapa anggaran perbaikan jalan di Pontianak?")
    api.wait_for(lambda: "Pontianak" in api.now(answer).text)
    assert 1 == len(api.replies(ani.chat))
    # Its buttons show the new answer's sources, and the old ones are gone.
    edited = api.now(answer)
    api.press(edited, _source(edited), ani)
    api.wait_for(lambda: "Kembali" in str(api.now(answer).buttons))
    assert "Pontianak" in api.now(answer).text
    assert "gempa" not in api.now(answer).text.lower()


def _source(message: Message, number: int = 1) -> str:
    return next(b["callback_data"] for b in message.buttons if b["text"].startswith(f"[{number}]"))


def test_an_edit_that_changes_no_word_changes_no_answer(api: BotApi, ani: Person):
    question = api.send_message(ani.chat, ani, GEMPA)
    answer = api.wait_for_reply(ani.chat, to=question)
    api.edit_message(question, GEMPA)
    ask(api, ani, "/bantuan")  # in order: the edit was dealt with before
    assert answer.source == api.now(answer).source
    assert not [call for call in api.calls("editMessageText") if call.chat == ani.id]


def test_a_source_is_shown_in_its_article_and_the_answer_comes_back(api: BotApi, ani: Person):
    answer = ask(api, ani, GEMPA)
    api.press(answer, _source(answer), ani)
    api.wait_for(lambda: "Kembali" in str(api.now(answer).buttons))
    page = api.now(answer)
    assert "bermagnitudo 5,8 mengguncang" in page.text
    links = [button["url"] for button in page.buttons if "url" in button]
    assert "#:~:text=" in links[0]
    api.press(page, next(b["callback_data"] for b in page.buttons if "Kembali" in b["text"]), ani)
    api.wait_for(lambda: "👍" in str(api.now(answer).buttons))
    assert answer.source == api.now(answer).source


def test_buttons_work_after_a_restart_and_only_on_their_own_message(api: BotApi, ani: Person, open_bot: ServedBot):
    gempa = ask(api, ani, GEMPA)
    jalan = ask(api, ani, "Berapa anggaran perbaikan jalan di Pontianak?")
    open_bot.restart()
    api.press(gempa, _source(gempa), ani)
    api.wait_for(lambda: "Kembali" in str(api.now(gempa).buttons))
    assert "mengguncang" in api.now(gempa).text
    # The data of one answer's button, pressed on another's message.
    api.press(jalan, _source(gempa), ani, forged=True)
    api.wait_for(lambda: "tidak tersimpan" in str([c.parameters for c in api.calls("answerCallbackQuery")]))
    assert jalan.source == api.now(jalan).source
    assert "9/3/2026" in ask(api, ani, "Kapan itu terjadi?", reply_to=gempa).text


@pytest.mark.parametrize(
    "data", ["", "s", "s:1:1:0:0", "s:x:1:0", "s:99999:1:0", "s:1:99:0", "s:1:-1:0", "q:1:1:1", "r:1:9:0"]
)
def test_a_forged_button_does_nothing(api: BotApi, ani: Person, data: str):
    answer = ask(api, ani, GEMPA)
    api.press(answer, data, ani, forged=True)
    ask(api, ani, "/bantuan")
    assert answer.source == api.now(answer).source
    assert not [m for m in api.replies(ani.chat) if "Maaf" in m.text]


def test_a_question_can_be_narrowed_to_another_outlet(api: BotApi, ani: Person):
    answer = ask(api, ani, "Di stasiun mana penumpang LRT Medan paling banyak naik pada hari pembukaan?")
    only = next(b for b in answer.buttons if b["text"].startswith("Hanya "))
    before = len(api.replies(ani.chat))
    api.press(answer, only["callback_data"], ani)
    api.wait_for(lambda: len(api.replies(ani.chat)) > before)
    outlet = only["text"].removeprefix("Hanya ")
    assert outlet in api.replies(ani.chat)[-1].text


def test_it_speaks_english_on_request(api: BotApi, ani: Person, budi: Person):
    choice = ask(api, ani, "/bahasa")
    api.press(choice, choice.data("English"), ani)
    api.wait_for(lambda: "English" in api.now(choice).text)
    assert "9 March 2026" in ask(api, ani, GEMPA).text
    assert "9 Maret 2026" in ask(api, budi, GEMPA).text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/start", "32 artikel"), ("/bantuan", "/riwayat"), ("/help", "/riwayat"), ("/privasi", "90 hari"),
        ("/terbaru", "Artikel terbaru"), ("/riwayat", "Belum ada"), ("/tanya", "misalnya: /tanya"),
        ("/hapus", "tidak dapat dibatalkan"), ("/apaini", "tidak ada"), ("/status", "pemilik"),
        ("?!", "belum pertanyaan"), ("x" * 1001, "1001"),
    ],
)  # fmt: skip
def test_every_command_answers(api: BotApi, ani: Person, command: str, said: str):
    reply = ask(api, ani, command)
    assert said in reply.text


def test_history_and_sources_show_the_conversation(api: BotApi, ani: Person):
    ask(api, ani, GEMPA)
    assert GEMPA in ask(api, ani, "/riwayat").text
    assert "Guncang Padang" in ask(api, ani, "/sumber").text


def test_voice_stickers_and_pictures_get_a_helpful_word(api: BotApi, ani: Person):
    for send in (api.voice, api.sticker, api.photo):
        message = send(ani.chat, ani)
        assert "hanya bisa membaca tulisan" in api.wait_for_reply(ani.chat, to=message).text
    captioned = api.photo(ani.chat, ani, caption=GEMPA)
    assert "5,8" in api.wait_for_reply(ani.chat, to=captioned).text


def test_an_inline_question_offers_one_card_with_its_quote(api: BotApi, ani: Person):
    query = api.inline(ani, GEMPA)
    results = api.wait_for(lambda: api.results(query))
    assert 1 == len(results)
    posted = api.choose(results[0], ani)
    assert "5,8" in posted.text
    assert "Kabar Nusantara" in posted.text
    unfinished = api.inline(ani, "gempa")
    assert [] == api.wait_for(lambda: [api.results(unfinished)] if api.results(unfinished) is not None else None)[0]


def test_questions_of_one_chat_are_answered_in_order(api: BotApi, ani: Person):
    questions = [GEMPA, "Berapa anggaran perbaikan jalan di Pontianak?", GEMPA, "Kenapa harga cabai naik?"]
    for question in questions:
        api.send_message(ani.chat, ani, question)
    api.wait_for(lambda: len(api.replies(ani.chat)) == len(questions))
    history = ask(api, ani, "/riwayat").text
    places = [history.rfind(question) for question in dict.fromkeys(questions)]
    assert -1 not in places
    replies = api.replies(ani.chat)
    assert "5,8" in replies[0].text
    assert "Pontianak" in replies[1].text
    assert replies[0].source == replies[2].source
    assert "cabai" in replies[3].text


def test_small_talk_gets_a_reply_and_is_no_turn(api: BotApi, ani: Person):
    first = ask(api, ani, GEMPA)
    thanks = ask(api, ani, "makasih gan")
    assert "Sama-sama" in thanks.text
    assert [] == thanks.buttons
    assert "9/3/2026" in ask(api, ani, "Kapan itu terjadi?").text
    assert first.id != thanks.id
    assert "makasih" not in ask(api, ani, "/riwayat").text


def test_a_question_edited_into_small_talk_is_taken_back(api: BotApi, ani: Person):
    question = api.send_message(ani.chat, ani, GEMPA)
    answer = api.wait_for_reply(ani.chat, to=question)
    api.edit_message(question, "makasih")
    api.wait_for(lambda: "Sama-sama" in api.now(answer).text)
    assert "Belum ada jawaban" in ask(api, ani, "/sumber").text


def test_news_asked_for_comes_as_a_digest(api: BotApi, ani: Person):
    reply = ask(api, ani, "ada berita apa soal banjir Demak?")
    assert "berita untuk “banjir Demak”" in reply.text
    assert reply.source.count("<blockquote") == len([b for b in reply.buttons if b["text"].startswith("[")]) > 1
    api.press(reply, _source(reply, 2), ani)
    api.wait_for(lambda: "Kembali" in str(api.now(reply).buttons))
    page = api.now(reply)
    api.press(page, next(b["callback_data"] for b in page.buttons if "Kembali" in b["text"]), ani)
    api.wait_for(lambda: "👍" in str(api.now(reply).buttons))
    assert "blockquote" in api.now(reply).source
