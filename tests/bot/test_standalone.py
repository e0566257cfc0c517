"""Follow-ups are written out as questions that stand alone; whatever stands alone is left as it is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.standalone import LONGEST_ALONE, Resolved, Rewrite, says_nothing, stand_alone
from bot.kind import Kind
from bot.question import leans_on_history, understand
from bot.turn import Turn

WHO = Turn("Siapa yang menang pilkades Karangsuko?", "Endang Sukmawati, guru.")
FLOOD = Turn("Berapa pengungsi banjir Demak?", "1.240 orang")
TRAIN = Turn("Berapa tarif LRT Medan?", "Rp 5.000")
DIGEST = Turn("ada berita apa soal banjir Demak?", "Banjir surut.\nSawah terendam.")

FILLED_IN = [
    ("dia", (WHO,), "Kapan dia dilantik?", "Kapan Endang Sukmawati dilantik? (yang menang pilkades Karangsuko)"),
    ("beliau", (WHO,), "beliau dari mana?", "Endang Sukmawati dari mana? (yang menang pilkades Karangsuko)"),
    ("his age", (WHO,), "Umurnya berapa?", "Umur Endang Sukmawati berapa? (yang menang pilkades Karangsuko)"),
    ("their thing", (TRAIN,), "Panjang jalurnya berapa?", "Panjang jalurnya berapa? (LRT Medan)"),
    ("that", (FLOOD,), "Kapan itu terjadi?", "Kapan itu terjadi? (banjir Demak)"),
    ("there", (FLOOD,), "Siapa bupati di sana?", "Siapa bupati di Demak? (banjir Demak)"),
    ("to there", (FLOOD,), "Kapan presiden pergi ke sana?", "Kapan presiden pergi ke sana? (banjir Demak)"),
    ("opening", (FLOOD,), "terus kapan?", "Kapan? (banjir Demak)"),
    ("slang", (FLOOD,), "trus knp?", "Kenapa? (banjir Demak)"),
    (
        "mereka",
        (Turn("Siapa tersangka korupsi Bank Pesisir?", "Umar Basri dan Rina Wati"),),
        "Berapa uang yang mereka ambil?",
        "Berapa uang yang Umar Basri dan Rina Wati ambil? (tersangka korupsi Bank Pesisir)",
    ),
    (
        "two answers",
        (Turn("Siapa tersangka korupsi Bank Pesisir?", "Umar Basri"), Turn("Siapa rekannya?", "Rina Wati")),
        "Kapan mereka ditahan?",
        "Kapan Umar Basri dan Rina Wati ditahan? (tersangka korupsi Bank Pesisir, rekan Umar Basri)",
    ),
    ("kalau place", (FLOOD,), "kalau Kudus?", "Berapa pengungsi banjir Kudus?"),
    ("kalo gimana", (FLOOD,), "kalo di kudus gimana?", "Berapa pengungsi banjir kudus?"),
    ("acronym stays", (TRAIN,), "Kalau Palembang?", "Berapa tarif LRT Palembang?"),
    ("bare name", (FLOOD,), "Di Kudus?", "Berapa pengungsi banjir Kudus?"),
    ("kalau thing", (TRAIN,), "kalau panjang jalurnya?", "Berapa panjang jalur LRT Medan?"),
    ("after a refusal", (Turn("Berapa warga Kudus?", ""),), "kalau Demak?", "Berapa warga Demak?"),
    ("after a digest", (DIGEST,), "siapa korbannya?", "Siapa korbannya? (banjir Demak)"),
    ("another digest", (DIGEST,), "kalau soal KPK?", "berita soal KPK"),
    (
        "what about",
        (Turn("How many people fled the flood in Demak?", "1,240"),),
        "What about Kudus?",
        "How many people fled the flood in Kudus?",
    ),
    (
        "there in English",
        (Turn("How many people fled the flood in Demak?", "1,240"),),
        "Who is the regent there?",
        "Who is the regent in Demak? (people fled the flood in Demak)",
    ),
    (
        "he",
        (Turn("Who won the Karangsuko election?", "Endang Sukmawati"),),
        "When did he resign?",
        "When did Endang Sukmawati resign? (won the Karangsuko election)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "text", "alone"), [case[1:] for case in FILLED_IN], ids=[case[0] for case in FILLED_IN]
)
def test_a_follow_up_is_written_out(history: tuple[Turn, ...], text: str, alone: str) -> None:
    """Who, where and what it is about are filled in; the question is told to be a follow-up by itself."""
    question = understand(text, history=history)
    assert alone == question.standalone
    assert alone == question.search_text
    assert history == question.context


def test_what_was_filled_in_is_told() -> None:
    """Each reference with its meaning, the topic in front as one without words of its own."""
    expected = (Resolved("dia", "Endang Sukmawati"), Resolved("", "yang menang pilkades Karangsuko"))
    rewrite = stand_alone("Kapan dia dilantik?", [WHO])
    assert rewrite is not None
    assert expected == rewrite.resolved


def test_a_change_asks_what_was_asked_before() -> None:
    """ "kalau X?" has no question word of its own; one that has says itself what it asks for."""
    assert Kind.NUMBER is understand("kalau Kudus gimana?", history=[FLOOD]).kind
    assert Kind.DATE is understand("terus kapan?", history=[FLOOD]).kind


@pytest.mark.parametrize(
    "text",
    [
        "Berapa magnitudo gempa Padang?",
        "Banjir Demak korbannya berapa?",
        "Kapan banjir Demak itu surut?",
        "Kenapa harga cabai rawit naik lagi?",
        "Siapa presiden yang katanya menolak tawaran Rusia soal Arktik?",
        "Terus berapa magnitudo gempa Padang?",
        "Kapan KPK bilang mereka menahan bupati?",
        "Who was arrested for the market fire in Banjarmasin?",
    ],
)
def test_what_stands_alone_is_left_as_it_is(text: str) -> None:
    """A question that names its subject is not touched by what was talked about."""
    question = understand(text, history=[WHO, FLOOD])
    assert (None, ()) == (question.rewrite, question.context)
    assert question.written_out == question.standalone


def test_a_reply_that_names_its_subject_is_not_rewritten() -> None:
    """Told to be a follow-up, it carries the conversation but no topic."""
    question = understand("Berapa anggaran perbaikan jalan di Pontianak?", history=[FLOOD], follow_up=True)
    assert ((FLOOD,), None) == (question.context, question.rewrite)


@pytest.mark.parametrize("history", [(), (Turn("", ""),), (Turn("???", ""),)], ids=["none", "empty", "no words"])
def test_nothing_to_refer_to(history: tuple[Turn, ...]) -> None:
    """Without a turn that says something a follow-up stays what it is."""
    assert stand_alone("Siapa dia?", history) is None


@pytest.mark.parametrize(
    ("nothing", "text"),
    [
        (True, "siapa dia?"),
        (True, "terus kapan?"),
        (True, "who is he?"),
        (False, "siapa korban?"),
        (False, "Kapan itu terjadi?"),
    ],
)
def test_a_question_that_names_nothing_is_known(nothing: bool, text: str) -> None:
    """Pronouns and question words alone give nothing to look for."""
    assert nothing is says_nothing(text)


def test_another_rewriter_takes_the_place_of_the_rules() -> None:
    """What it writes is the question."""

    def model(text: str, history: Sequence[Turn]) -> Rewrite:
        return Rewrite(f"Kapan banjir surut? ({text}, {len(history)})", ())

    question = understand("Kapan surutnya?", history=[FLOOD], rewriter=model)
    assert "Kapan banjir surut? (Kapan surutnya?, 1)" == question.standalone


HOSTILE = [
    ("many pronouns", "dia " * 200, [WHO] * 50),
    ("long turns", "Kapan itu?", [Turn("Siapa Budi " * 5_000, "Budi " * 50_000)] * 3),
    ("one word", "nya" * 300, [Turn("a" * 100_000, "b" * 100_000)]),
    ("capitals", "kalau " + "A " * 400, [Turn("B " * 5_000, "")]),
    ("marks", "dia? " * 150, [Turn("?, " * 3_000 + "a", ", " * 9_000)]),
]


@pytest.mark.parametrize(("text", "history"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_lengths_stay_bounded(text: str, history: list[Turn]) -> None:
    """However long a conversation is, what is searched for stays short."""
    question = understand(text, history=history, follow_up=True)
    assert len(question.standalone) <= LONGEST_ALONE + len(text)


_WORDS = st.sampled_from(
    (
        "dia",
        "itu",
        "kalau",
        "Demak",
        "nya",
        "umurnya",
        "siapa",
        "berita",
        "soal",
        "di sana",
        "mereka",
        "?",
        ",",
        "KPK",
        "it",
        "what about",
    )
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(_WORDS, max_size=10), st.lists(st.tuples(st.lists(_WORDS, max_size=8), st.text(max_size=40)), max_size=4)
)
def test_arbitrary_conversations_never_crash(words: list[str], turns: list[tuple[list[str], str]]) -> None:
    """Words that mean something to the rules, in any order; a rewrite is told by what it fills in."""
    history = [Turn(" ".join(question), answer) for question, answer in turns]
    text = " ".join(words)
    rewrite = stand_alone(text, history)
    assert rewrite is None or (rewrite.text.strip() and rewrite.resolved)
    assert leans_on_history(text) in (True, False)
