"""What the bot remembers: read back as it was written, and gone when it has to be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from telegram import Bot, Update

from bot.telegram.inbox import ATTEMPTS, Inbox
from bot.telegram.limits import Limiter
from bot.telegram.state import REMEMBERED, Place, Standing, State
from index.errors import IndexStateError

HERE = Place(5)
BOT = Bot("1:x")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock):
    state = State(tmp_path / "telegram.sqlite", clock)
    yield state
    state.close()


def put(state: State, question: str, *, person: int = 5, place: Place = HERE, previous: int | None = None) -> int:
    return state.put_answer(place, person, 1, state._now(), question, "jawaban", {"citations": []}, previous)


def update(number: int) -> Update:
    message = {"message_id": number, "date": 0, "chat": {"id": 5, "type": "private"}, "text": f"pertanyaan {number}"}
    read = Update.de_json({"update_id": number, "message": message}, BOT)
    assert read is not None
    return read


def test_a_conversation_goes_back_along_what_each_question_leaned_on(state: State):
    first = put(state, "satu")
    second = put(state, "dua", previous=first)
    alone = put(state, "lain")
    assert ["satu", "dua"] == [turn.question for turn in state.history(second)]
    assert ["lain"] == [turn.question for turn in state.history(alone)]
    for n in range(5):
        second = put(state, str(n), previous=second)
    assert REMEMBERED == len(state.history(second))


def test_a_forgotten_conversation_is_no_longer_leaned_on_but_its_buttons_work(state: State):
    answer = put(state, "satu")
    state.forget(HERE)
    assert state.last_answer(HERE) is None
    assert state.answer(answer) is not None


def test_any_message_of_an_answer_leads_to_it(state: State):
    answer = put(state, "satu")
    state.set_messages(answer, [70, 71])
    assert answer == state.answer_in(5, 70).id == state.answer_in(5, 71).id
    assert state.answer_in(5, 7) is None
    assert state.answer_in(6, 70) is None


def test_an_edited_question_takes_the_place_of_the_old_one_in_the_conversation(state: State):
    old = put(state, "satu")
    follow_up = put(state, "kapan itu?", previous=old)
    new = put(state, "satu, disunting")
    state.replace_answer(old, new)
    assert ["satu, disunting", "kapan itu?"] == [turn.question for turn in state.history(follow_up)]


def test_erasing_one_person_leaves_the_others(state: State):
    group = Place(-9)
    mine, theirs = put(state, "rahasia", person=5, place=group), put(state, "lain", person=6, place=group)
    state.set_feedback(theirs, 5, good=True)
    state.put_offer(-9, 5, "naskah rahasia")
    state.set_standing(5, Standing.ALLOWED, "Nama Rahasia")
    state.erase(5)
    state.compact()
    assert state.answer(mine) is None
    assert state.answer(theirs) is not None
    assert [] == state.feedback()
    assert Standing.ALLOWED == state.party(5).standing
    for file in state.path.parent.iterdir():
        assert b"ahasia" not in file.read_bytes(), file.name


def test_what_is_too_old_expires(state: State, clock: Clock):
    old = put(state, "lama")
    clock.now += 11 * 86_400
    new = put(state, "baru")
    assert 1 == state.expire(10)
    assert state.answer(old) is None
    assert state.answer(new) is not None


def test_an_update_comes_back_until_it_is_done(state: State):
    async def life(*, finish: bool) -> list[int]:
        inbox = Inbox(state)
        await inbox.restore(BOT)
        for number in (1, 2, 2, 3):
            await inbox.put(update(number))
        queued = [inbox.get_nowait().update_id for _ in range(inbox.qsize())]
        if finish:
            state.done(queued[0])
        return queued

    assert [1, 2, 3] == asyncio.run(life(finish=True))
    assert [2, 3] == asyncio.run(life(finish=False))
    assert [2, 3] == asyncio.run(life(finish=False))


def test_an_update_that_kills_the_process_time_and_again_is_given_up(state: State):
    state.receive(1, update(1).to_json())
    for _ in range(ATTEMPTS):
        state.take_up(1)
    inbox = Inbox(state)
    asyncio.run(inbox.restore(BOT))
    assert inbox.empty()
    assert [] == state.waiting()


def test_a_file_that_is_no_memory_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "telegram.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexStateError, match="expected the bot's memory"):
        State(tmp_path / "telegram.sqlite")


def test_a_token_bucket_refills_and_each_key_has_its_own(clock: Clock):
    limiter = Limiter(6, clock)
    assert [0.0] * 6 == [limiter.wait(1) for _ in range(6)]
    assert limiter.wait(1) == pytest.approx(10)
    assert 0.0 == limiter.wait(2)
    clock.now += 10
    assert 0.0 == limiter.wait(1)
    assert limiter.wait(1) > 0


def test_a_notice_is_given_once_in_a_while(clock: Clock):
    limiter = Limiter(6, clock)
    assert [True, False, False] == [limiter.tell(1) for _ in range(3)]
    assert limiter.tell(2)
    clock.now += 31
    assert limiter.tell(1)
