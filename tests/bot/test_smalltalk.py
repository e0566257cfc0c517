"""Small talk is told from questions, and requests for news from both; in doubt it is a question."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.request import Request, request_of
from bot.conversation.smalltalk import SmallTalk, Talk, small_talk, without_greeting
from bot.texts import LANGUAGES, say
from index.tokens import normalise_slang
from tests.bot.conftest import QUESTIONS

SAID = [
    ("halo", Talk.GREETING, "id"), ("Haloooo kak!", Talk.GREETING, "id"), ("p", Talk.GREETING, None),
    ("Assalamu'alaikum wr. wb.", Talk.GREETING, "id"), ("Selamat pagi, apa kabar?", Talk.GREETING, "id"),
    ("good morning", Talk.GREETING, "en"), ("makasih gan", Talk.THANKS, "id"),
    ("ok makasih infonya min", Talk.THANKS, "id"),
    ("thank you so much!", Talk.THANKS, "en"), ("🙏", Talk.THANKS, None), ("ok sip", Talk.NOTED, "id"),
    ("wkwkwk", Talk.NOTED, None), ("hahaha", Talk.NOTED, None), ("👍", Talk.NOTED, None), (":)", Talk.NOTED, None),
    ("test", Talk.TEST, None), ("tes 123", Talk.TEST, None), ("bye", Talk.GOODBYE, None),
    ("kamu bisa apa?", Talk.ABLE, "id"), ("lu bisa apa aja sih?", Talk.ABLE, "id"),
    ("what can you do?", Talk.ABLE, "en"),
    ("siapa kamu?", Talk.SELF, "id"), ("halo, kamu siapa ya?", Talk.SELF, "id"), ("Are you a bot?", Talk.SELF, "en"),
    ("beritanya dari mana sih?", Talk.ORIGIN, "id"), ("jawabannya salah min", Talk.COMPLAINT, "id"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "talk", "language"), SAID, ids=[text for text, _, _ in SAID])
def test_small_talk_is_known(text: str, talk: Talk, language: str | None) -> None:
    """With its vocatives, repeated letters, marks and slang, alone and combined."""
    assert SmallTalk(talk, language) == small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "halo, berapa korban banjir?", "siapa?", "siapa dia?", "kapan?", "terus?", "gempa", "bantuan sosial",
        "Hai Medan",
        "cek fakta", "tes cpns", "siapa kamu sebut tadi?", "apa kabar KPK?", "pagi ini ada apa?",
        "makasih, terus kapan?",
        "bot apa yang dipakai buzzer?", "test drive mobil listrik", "???", "", " ",
        "salah siapa banjir Demak?", "halo " * 99,
    ],
)  # fmt: skip
def test_whatever_asks_something_is_no_small_talk(text: str) -> None:
    """One word that belongs to no small talk makes it a question."""
    assert small_talk(text) is None


def test_no_sample_question_is_small_talk_or_a_request() -> None:
    """A hundred questions as people ask them."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    assert [] == [q for q in questions if small_talk(q) or request_of(normalise_slang(q))]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("halo, berapa korban banjir?", "berapa korban banjir?"),
        ("Halo min mau tanya, kenapa cabai naik?", "kenapa cabai naik?"),
        ("halo kak berapa korbannya", "berapa korbannya"),
        ("Makasih. Terus kapan?", "Terus kapan?"),
        ("Berapa korban, luka dan tewas?", "Berapa korban, luka dan tewas?"),
        ("Hai Medan punya LRT?", "Hai Medan punya LRT?"),
        ("halo", "halo"),
    ],
)
def test_a_greeting_before_a_question_goes(text: str, asked: str) -> None:
    """Only what is in front of a question, and only small talk."""
    assert asked == without_greeting(text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("talk", Talk)
def test_every_small_talk_has_a_reply(talk: Talk, language: str) -> None:
    assert say(talk, language)


REQUESTS = [
    ("ringkas berita hari ini tentang KPK", "KPK", False), ("ada berita apa soal banjir?", "banjir", False),
    ("berita terbaru dong", "", True), ("what's the news about Demak?", "Demak", False),
    ("any news on the LRT?", "LRT", False),
    ("latest news", "", True), ("rangkum berita banjir Demak", "banjir Demak", False), ("info LRT dong", "LRT", False),
    ("kasih berita terbaru soal gempa dong", "gempa", True), ("apa kabar terbaru dari Siau?", "Siau", True),
    ("ada apa hari ini?", "", False), ("ceritakan tentang banjir Demak", "banjir Demak", False),
    ("ada berita soal KPK tanggal 5 Maret 2026?", "KPK", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "subject", "newest"), REQUESTS, ids=[text for text, _, _ in REQUESTS])
def test_a_request_is_known_with_its_subject(text: str, subject: str, newest: bool) -> None:
    assert Request(subject, newest) == request_of(normalise_slang(text))


@pytest.mark.parametrize(
    "text",
    [
        "kabar terbaru, tinggal berapa orang yang mengungsi?", "Berita apa yang dibaca Presiden?",
        "apa yang terjadi di Demak?",
        "Artikel mana yang menyebut LRT?", "jelaskan kenapa cabai naik", "Siapa yang meringkas berita?",
        "", "berita " * 99,
    ],
)  # fmt: skip
def test_a_question_about_news_is_a_question(text: str) -> None:
    """What asks something in particular gets an answer, no digest."""
    assert request_of(normalise_slang(text)) is None


_PIECES = ("halo", "wkwk", "ya", ",", "berita", "🙏", "😀", "haha", "p", "ha", "ck")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=300) | st.lists(st.sampled_from(_PIECES)).map(" ".join))
def test_arbitrary_text_never_crashes(text: str) -> None:
    small_talk(text)
    request_of(text)
    assert len(without_greeting(text)) <= len(text)
