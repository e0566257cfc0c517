"""A question is understood: its kind, language, days and whether it leans on what was said before."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.question import LONGEST, Kind, Turn, language_of, leans_on_history, understand
from index.errors import QuestionError
from index.records import Filters

ASKED = datetime(2026, 3, 10, 9, 30, tzinfo=timezone(timedelta(hours=7)))  # a Tuesday
BEFORE = (Turn("Berapa pengungsi banjir Demak?", "1.240 orang"),)

KINDS = [
    ("Siapa korban pertama banjir Demak?", Kind.PERSON),
    ("Kapan gempa mengguncang Padang?", Kind.DATE),
    ("Jam berapa gempa terasa di Padang?", Kind.DATE),
    ("Tahun berapa jembatan itu dibangun?", Kind.DATE),
    ("Berapa pengungsi banjir Demak?", Kind.NUMBER),
    ("Berapakah tarif LRT Medan?", Kind.NUMBER),
    ("Di mana pengungsi ditampung?", Kind.PLACE),
    ("Dimana pengungsi ditampung?", Kind.PLACE),
    ("Desa mana yang paling parah?", Kind.PLACE),
    ("Mengapa harga cabai naik?", Kind.REASON),
    ("Kenapa harga cabai naik?", Kind.REASON),
    ("Apa penyebab kebakaran pasar?", Kind.REASON),
    ("Bagaimana keadaan pengungsi?", Kind.STATEMENT),
    ("Apakah sekolah diliburkan?", Kind.STATEMENT),
    ("Klub apa yang lolos ke final?", Kind.NAME),
    ("Who won the semifinal?", Kind.PERSON),
    ("When did the volcano erupt?", Kind.DATE),
    ("What time did the earthquake hit?", Kind.DATE),
    ("How many people fled the flood?", Kind.NUMBER),
    ("Where were the evacuees housed?", Kind.PLACE),
    ("Which city was hit?", Kind.PLACE),
    ("Why did chilli prices rise?", Kind.REASON),
]


@pytest.mark.parametrize(("text", "kind"), KINDS, ids=[text for text, _ in KINDS])
def test_question_words_tell_the_kind(text: str, kind: Kind) -> None:
    """The question word decides what kind of answer is looked for, in both languages."""
    assert kind is understand(text).kind


@pytest.mark.parametrize(
    ("slang", "written", "kind"),
    [
        ("brp org yg ngungsi di demak", "berapa", Kind.NUMBER),
        ("knp hrg cabe naek", "kenapa", Kind.REASON),
        ("kpn gempa padang", "kapan", Kind.DATE),
        ("sp korban banjir", "siapa", Kind.PERSON),
        ("gmn kondisi pengungsi", "bagaimana", Kind.STATEMENT),
    ],
)
def test_chat_abbreviations_are_written_out(slang: str, written: str, kind: Kind) -> None:
    """Slang is understood as the words it stands for, and the question is kept as it was typed."""
    question = understand(slang)
    assert (slang, kind) == (question.text, question.kind)
    assert written in question.written_out.lower().split()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("id", "Berapa pengungsi banjir Demak?"),
        ("id", "Siapa yang menang?"),
        ("id", "Demak"),
        ("id", "12345"),
        ("en", "How many people fled the flood in Demak?"),
        ("en", "Who was arrested for the market fire?"),
    ],
)
def test_function_words_tell_the_language(language: str, text: str) -> None:
    """English is told by its function words; Indonesian when in doubt."""
    assert language == language_of(text)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 3, 10), date(2026, 3, 10), "Apa yang terjadi hari ini?"),
        (date(2026, 3, 9), date(2026, 3, 10), "Siapa yang menang kemarin?"),
        (date(2026, 3, 8), date(2026, 3, 8), "Siapa yang menang dua hari lalu?"),
        (date(2026, 3, 9), date(2026, 3, 10), "Who won yesterday?"),
        (date(2026, 3, 3), date(2026, 3, 10), "Berapa harga cabai pekan ini?"),
        (date(2026, 3, 5), date(2026, 3, 6), "Apa yang terjadi pada 5 Maret 2026?"),
        (date(2026, 3, 5), date(2026, 3, 6), "Apa yang terjadi pada 5/3/2026?"),
    ],
)
def test_days_are_counted_from_the_day_of_asking(first: date, last: date, text: str) -> None:
    """A relative day is read from `asked_at`, a written one as it stands."""
    assert (first, last) == understand(text, asked_at=ASKED).days


@pytest.mark.parametrize(
    ("text", "asked_at"),
    [
        ("Siapa yang menang kemarin?", None),
        ("Siapa yang menang?", ASKED),
        ("Apa yang terjadi pada 31 Februari 2026?", ASKED),
    ],
)
def test_no_days_are_guessed(text: str, asked_at: datetime | None) -> None:
    """Without a day of asking, a day in the question, or with a day that does not exist, there are none."""
    assert understand(text, asked_at=asked_at).days is None


@pytest.mark.parametrize("asked_at", [datetime.min, datetime.max], ids=["first day", "last day"])
@pytest.mark.parametrize("text", ["Siapa korban kemarin?", "Siapa korban bulan lalu?", "Siapa korban hari ini?"])
def test_days_at_the_ends_of_the_calendar(asked_at: datetime, text: str) -> None:
    """`asked_at` comes from a file: days outside the calendar are no crash."""
    assert text == understand(text, asked_at=asked_at).text


@pytest.mark.parametrize(
    "text", ["Kapan itu terjadi?", "Siapa korbannya?", "Umurnya berapa?", "Terus siapa pelakunya?", "When was that?"]
)
def test_what_refers_back_leans_on_history(text: str) -> None:
    """A pronoun, a clitic or an opening "terus" makes a follow-up."""
    assert leans_on_history(text)
    assert BEFORE == understand(text, history=BEFORE).context


@pytest.mark.parametrize(
    "text",
    [
        "Berapa magnitudo gempa Padang?",
        "Siapa tersangka kebakaran Pasar Antasan Baru di Banjarmasin?",
        "Kapan LRT Medan mulai beroperasi?",
    ],
)
def test_what_names_its_subject_stands_alone(text: str) -> None:
    """A question that names its subject forgets what came before."""
    assert () == understand(text, history=BEFORE).context


@pytest.mark.parametrize(("follow_up", "context"), [(True, BEFORE), (False, ())])
def test_the_caller_may_know_better(follow_up: bool, context: tuple[Turn, ...]) -> None:
    """`follow_up` overrules what the question looks like."""
    for text in ("Kapan itu terjadi?", "Berapa magnitudo gempa Padang?"):
        assert context == understand(text, history=BEFORE, follow_up=follow_up).context


def test_a_follow_up_is_searched_with_its_subject() -> None:
    """What is searched for holds the earlier question and its own words."""
    searched = understand("Kapan itu terjadi?", history=BEFORE).search_text
    assert "banjir Demak" in searched
    assert searched.startswith("Kapan itu terjadi?")


def test_filters_are_carried() -> None:
    """The filters of a search travel with the question."""
    filters = Filters(outlet="Kabar Nusantara")
    assert filters == understand("Siapa korban?", filters=filters).filters


@pytest.mark.parametrize("text", ["", " ", "???", "\0", "…", "\n\t", "👍"])
def test_nothing_to_answer_is_an_error(text: str) -> None:
    """A question without a word is refused in one line."""
    with pytest.raises(QuestionError) as caught:
        understand(text)
    assert "\n" not in str(caught.value)


def test_a_question_too_long_is_an_error() -> None:
    """The limit holds, and its last character is still inside."""
    assert LONGEST == len(understand("a" * LONGEST).text)
    with pytest.raises(QuestionError, match="1,001"):
        understand("a" * (LONGEST + 1))


@settings(max_examples=300, derandomize=True)
@given(
    text=st.text(max_size=1_200),
    asked_at=st.none() | st.datetimes(),
    history=st.lists(st.builds(Turn, st.text(max_size=80), st.text(max_size=80)), max_size=3),
    follow_up=st.sampled_from([None, True, False]),
)
def test_arbitrary_text_never_crashes(
    text: str, asked_at: datetime | None, history: list[Turn], follow_up: bool | None
) -> None:
    """Whatever is typed is a question or a `QuestionError`."""
    with suppress(QuestionError):
        question = understand(text, asked_at=asked_at, history=history, follow_up=follow_up)
        assert question.kind in Kind
        assert question.language in ("id", "en")
        assert question.days is None or question.days[0] <= question.days[1]


_WORDS = ("siapa", "kemarin", "itu", "hari ini", "5/3/2026", "31/2/2026", "٣/٣/٢٠٢٦", "9999", "²", "Ⅷ", "nya", "-", "…")


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_arbitrary_mixtures_of_question_words(words: list[str]) -> None:
    """Words that mean something to the parser, in any order and script, are no crash either."""
    text = " ".join(["berapa", *words])
    assert text == understand(text, asked_at=ASKED).text
