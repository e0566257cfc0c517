"""What the bot remembers, in one SQLite file: inbox, access, conversations, feedback."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.question import Turn
from index.errors import IndexStateError
from index.sql import transaction

FORMAT = 1
REMEMBERED = 3  # turns a follow-up can lean on
PATIENCE = 30  # seconds to wait for another process that writes
DONE_KEPT = 2 * 86_400  # seconds; Telegram redelivers an update for 24 hours at most


class Standing(StrEnum):
    """What a person or group may do."""

    STRANGER = "stranger"
    ALLOWED = "allowed"
    OWNER = "owner"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Party:
    """A person (positive id) or a group (negative id)."""

    id: int
    name: str
    standing: Standing
    language: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is held: a chat and, in a forum, one of its topics (else 0)."""

    chat: int
    topic: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given. `data` holds what is needed to show it again."""

    id: int
    place: Place
    person: int
    asked_in: int
    message: int | None
    messages: tuple[int, ...]
    asked_at: float
    question: str
    text: str | None
    data: dict[str, Any]
    previous: int | None


# Who an update in the inbox is from, one column for each kind of update.
_KINDS = ("message", "edited_message", "callback_query", "inline_query")
_SENDERS = ", ".join(f"json_extract(data, '$.{kind}.from.id')" for kind in _KINDS)
_STORED = "id, chat, topic, person, asked_in, message, messages, asked_at, question, text, data, previous"


class State:
    """One SQLite file; a change survives the process, however it ends, once the call returns.

    Deleted text is overwritten at once (`secure_delete`); `compact` takes it out of the
    write-ahead log and of freed pages.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.db = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
            path.chmod(0o600)
            self.db.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
            )
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise IndexStateError(
                f"{path}: got {error}; expected the bot's memory; restore it, or remove it to begin anew"
            ) from error

    def _prepare(self) -> None:
        found = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        if found == 0:
            schema = (files("bot.telegram") / "schema.sql").read_text("utf-8")
            self.db.executescript(f"BEGIN IMMEDIATE; {schema} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif found != FORMAT:
            raise IndexStateError(f"{self.path}: got format {found}, expected {FORMAT}; use the release that made it")

    def close(self) -> None:
        self.db.close()

    # -- the inbox -----------------------------------------------------------------------

    def receive(self, update_id: int, data: str) -> bool:
        """Keep an update; False if it was received before."""
        cursor = self.db.execute(
            "INSERT OR IGNORE INTO inbox (update_id, data, received) VALUES (?, ?, ?)", (update_id, data, self._now())
        )
        return cursor.rowcount == 1

    def waiting(self) -> list[tuple[int, str, int]]:
        """Updates not dealt with, in order: id, JSON, and how often each was taken up."""
        return self.db.execute(
            "SELECT update_id, data, attempts FROM inbox WHERE data IS NOT NULL ORDER BY update_id"
        ).fetchall()

    def take_up(self, update_id: int) -> None:
        """Count an attempt at an update."""
        self.db.execute("UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ?", (update_id,))

    def done(self, update_id: int) -> None:
        self.db.execute("UPDATE inbox SET data = NULL WHERE update_id = ?", (update_id,))

    # -- people and groups ---------------------------------------------------------------

    def party(self, party_id: int) -> Party | None:
        row = self.db.execute("SELECT id, name, standing, language FROM parties WHERE id = ?", (party_id,)).fetchone()
        return None if row is None else Party(row[0], row[1], Standing(row[2]), row[3])

    def parties(self) -> list[Party]:
        """Everybody with a standing, owners first."""
        rows = self.db.execute(
            "SELECT id, name, standing, language FROM parties WHERE standing != 'stranger' OR code IS NOT NULL "
            "ORDER BY standing = 'owner' DESC, standing, since"
        )
        return [Party(row[0], row[1], Standing(row[2]), row[3]) for row in rows]

    def set_standing(self, party_id: int, standing: Standing, name: str = "") -> None:
        self.db.execute(
            "INSERT INTO parties (id, name, standing, since) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "standing = excluded.standing, name = coalesce(nullif(excluded.name, ''), name), code = NULL",
            (party_id, name, standing, self._now()),
        )

    def set_language(self, party_id: int, language: str) -> None:
        self.db.execute(
            "INSERT INTO parties (id, language, since) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET language = excluded.language",
            (party_id, language, self._now()),
        )

    def set_code(self, party_id: int, name: str, code: str) -> str:
        """The code a stranger is approved by: the one given before, else `code`."""
        row = self.db.execute(
            "INSERT INTO parties (id, name, code, since) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "name = excluded.name, code = coalesce(code, excluded.code) RETURNING code",
            (party_id, name, code, self._now()),
        ).fetchone()
        return str(row[0])

    def with_code(self, code: str) -> Party | None:
        row = self.db.execute("SELECT id FROM parties WHERE code = ?", (code,)).fetchone()
        return None if row is None else self.party(row[0])

    # -- conversations -------------------------------------------------------------------

    def put_answer(
        self, place: Place, person: int, asked_in: int, asked_at: float,
        question: str, text: str | None, data: dict[str, Any], previous: int | None,
    ) -> int:  # fmt: skip
        """Keep an answer before it is sent, so that its buttons can name it."""
        cursor = self.db.execute(
            "INSERT INTO answers (chat, topic, person, asked_in, asked_at, question, text, data, previous) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (place.chat, place.topic, person, asked_in, asked_at, question, text, json.dumps(data), previous),
        )
        return int(cursor.lastrowid or 0)

    def set_messages(self, answer_id: int, messages: list[int]) -> None:
        """An answer was sent as these messages; the last one has the buttons."""
        self.db.execute(
            "UPDATE answers SET message = ?, messages = ? WHERE id = ?",
            (messages[-1] if messages else None, json.dumps(messages), answer_id),
        )

    def replace_answer(self, old: int, new: int) -> None:
        """`new` answers an edited question: it takes the place of `old`."""
        with transaction(self.db):
            self.db.execute("UPDATE answers SET previous = ? WHERE previous = ?", (new, old))
            self.db.execute("DELETE FROM answers WHERE id = ?", (old,))

    def drop_answer(self, answer_id: int) -> None:
        """An edited message asks nothing any more; what leaned on its answer leans on the one before."""
        with transaction(self.db):
            self.db.execute(
                "UPDATE answers SET previous = (SELECT previous FROM answers WHERE id = ?) WHERE previous = ?",
                (answer_id, answer_id),
            )
            self.db.execute("DELETE FROM answers WHERE id = ?", (answer_id,))

    def answer(self, answer_id: int) -> Stored | None:
        return self._one(f"SELECT {_STORED} FROM answers WHERE id = ?", (answer_id,))

    def answer_to(self, chat: int, asked_in: int) -> Stored | None:
        """The answer to the question in this message."""
        return self._one(
            f"SELECT {_STORED} FROM answers WHERE chat = ? AND asked_in = ? ORDER BY id DESC", (chat, asked_in)
        )

    def answer_in(self, chat: int, message: int) -> Stored | None:
        """The answer that this message of ours is part of."""
        return self._one(
            f"SELECT {_STORED} FROM answers WHERE chat = ? AND EXISTS "
            "(SELECT 1 FROM json_each(messages) WHERE value = ?) ORDER BY id DESC",
            (chat, message),
        )

    def last_answer(self, place: Place) -> Stored | None:
        """The latest answer of a conversation that is not forgotten."""
        return self._one(
            f"SELECT {_STORED} FROM answers WHERE chat = ? AND topic = ? AND NOT forgotten ORDER BY id DESC",
            (place.chat, place.topic),
        )

    def conversation(self, place: Place, limit: int) -> list[Stored]:
        """The latest answers of a conversation, newest first."""
        rows = self.db.execute(
            f"SELECT {_STORED} FROM answers WHERE chat = ? AND topic = ? AND NOT forgotten ORDER BY id DESC LIMIT ?",
            (place.chat, place.topic, limit),
        )
        return [_stored(row) for row in rows]

    def history(self, answer_id: int | None) -> list[Turn]:
        """The turns up to an answer, oldest first: itself, and what it leans on."""
        turns: list[Turn] = []
        while answer_id is not None and len(turns) < REMEMBERED and (stored := self.answer(answer_id)) is not None:
            turns.append(Turn(stored.question, stored.text or ""))
            answer_id = stored.previous
        return turns[::-1]

    def forget(self, place: Place) -> None:
        self.db.execute("UPDATE answers SET forgotten = 1 WHERE chat = ? AND topic = ?", (place.chat, place.topic))

    def _one(self, query: str, values: tuple[object, ...]) -> Stored | None:
        row = self.db.execute(f"{query} LIMIT 1", values).fetchone()
        return None if row is None else _stored(row)

    # -- feedback and offers -------------------------------------------------------------

    def set_feedback(self, answer_id: int, person: int, good: bool) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", (answer_id, person, int(good), self._now())
        )

    def feedback(self) -> list[tuple[Stored, int, int]]:
        """Every answer that was judged, with its number of good and bad judgements, newest first."""
        rows = self.db.execute(
            "SELECT answer, sum(good), sum(1 - good) FROM feedback GROUP BY answer ORDER BY max(given) DESC"
        ).fetchall()
        return [(stored, good, bad) for key, good, bad in rows if (stored := self.answer(key)) is not None]

    def put_offer(self, chat: int, person: int, content: str) -> int:
        cursor = self.db.execute(
            "INSERT INTO offers (chat, person, content, made) VALUES (?, ?, ?, ?)", (chat, person, content, self._now())
        )
        return int(cursor.lastrowid or 0)

    def take_offer(self, offer_id: int, person: int) -> str | None:
        """What was offered to this person, once."""
        row = self.db.execute(
            "DELETE FROM offers WHERE id = ? AND person = ? RETURNING content", (offer_id, person)
        ).fetchone()
        return None if row is None else str(row[0])

    # -- forgetting ----------------------------------------------------------------------

    def erase(self, person: int) -> None:
        """Delete what this person said, was answered and judged; access rights stay with the owner.

        The name goes, too. `compact` then leaves no byte of it on disk.
        """
        with transaction(self.db):
            self.db.execute("DELETE FROM feedback WHERE person = ?", (person,))
            self.db.execute("DELETE FROM answers WHERE person = ? OR chat = ?", (person, person))
            self.db.execute("DELETE FROM offers WHERE person = ?", (person,))
            self.db.execute(f"UPDATE inbox SET data = NULL WHERE ? IN ({_SENDERS})", (person,))
            self.db.execute("UPDATE parties SET name = '', language = NULL, code = NULL WHERE id = ?", (person,))
            self.db.execute("DELETE FROM parties WHERE id = ? AND standing = 'stranger'", (person,))

    def expire(self, retention_days: int) -> int:
        """Delete what is older than `retention_days`; gives how many texts and names that were."""
        oldest = self._now() - retention_days * 86_400
        with transaction(self.db):
            self.db.execute("DELETE FROM inbox WHERE data IS NULL AND received < ?", (self._now() - DONE_KEPT,))
            old = ("answers WHERE asked_at", "offers WHERE made", "parties WHERE standing = 'stranger' AND since")
            return sum(self.db.execute(f"DELETE FROM {rows} < ?", (oldest,)).rowcount for rows in old)

    def compact(self) -> bool:
        """Leave nothing deleted on disk: not in freed pages, not in the write-ahead log.

        False while another process reads the file, which keeps the old pages: try again later.
        """
        self.db.execute("PRAGMA busy_timeout = 0")  # nobody who asks shall wait for that reader
        try:
            if not self._empty_log():  # vacuuming would only make it longer
                return False
            self.db.execute("VACUUM")
            return self._empty_log()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self.db.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")

    def _empty_log(self) -> bool:
        return not self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    def counts(self) -> dict[str, int]:
        """Answers kept, how many of them are refusals, and updates waiting."""
        row = self.db.execute(
            "SELECT (SELECT count(*) FROM answers), (SELECT count(*) FROM answers WHERE text IS NULL), "
            "(SELECT count(*) FROM inbox WHERE data IS NOT NULL)"
        ).fetchone()
        return dict(zip(("answers", "refused", "waiting"), row, strict=True))


def _stored(row: tuple[Any, ...]) -> Stored:
    key, chat, topic, person, asked_in, message, messages, asked_at, question, text, data, previous = row
    return Stored(
        key, Place(chat, topic), person, asked_in, message, tuple(json.loads(messages)), asked_at,
        question, text, json.loads(data), previous,
    )  # fmt: skip
