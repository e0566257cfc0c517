"""Who and what there is on the far side of the Bot API: people, chats, messages, and how updates show them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

Json = dict[str, Any]

_ENTITY = re.compile(
    r"(?P<url>https?://\S+)|(?<![\w/@])(?P<bot_command>/\w{1,32}(?:@\w+)?)|(?<![\w@])(?P<mention>@\w{3,32})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str = "Sari"
    username: str | None = None
    language: str | None = "id"
    is_bot: bool = False

    @property
    def chat(self) -> Chat:
        """The private chat of this person with the bot."""
        return Chat(self.id, "private", self.name)

    @property
    def payload(self) -> Json:
        return without_none(
            id=self.id,
            is_bot=self.is_bot,
            first_name=self.name,
            username=self.username,
            language_code=self.language,
        )


BOT = Person(7_000_000_001, "Tanya Berita", "tanya_berita_bot", None, is_bot=True)


@dataclass(frozen=True, slots=True)
class Chat:
    """`type` is "private", "group" or "supergroup"; only a supergroup can be a forum."""

    id: int
    type: str = "supergroup"
    title: str = "Warga Demak"
    is_forum: bool = False

    @property
    def payload(self) -> Json:
        name = "first_name" if self.type == "private" else "title"
        return without_none(id=self.id, type=self.type, is_forum=self.is_forum or None) | {name: self.title}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is shown at the moment it was asked for.

    Attributes:
        payload: what updates say about it; its text is without tags.
        source: what the bot sent or last changed it to, tags and all; None for a person's.
        parse_mode: of `source`.
        versions: every `source` it has had, the newest last.
        at: when it appeared, seconds on the monotonic clock.
        changed_at: when it was last edited.
        update_id: of the update that told the bot of it.
        inline_id: set instead of a chat when it was sent through inline mode.
    """

    id: int
    chat: Chat
    payload: Json
    source: str | None = None
    parse_mode: str | None = None
    versions: tuple[str, ...] = ()
    at: float = 0.0
    changed_at: float = 0.0
    update_id: int | None = None
    inline_id: str | None = None

    @property
    def by_bot(self) -> bool:
        return self.source is not None

    @property
    def text(self) -> str:
        """What is read, without tags."""
        return str(self.payload.get("text", self.payload.get("caption", "")))

    @property
    def topic(self) -> int | None:
        return self.payload.get("message_thread_id") if self.payload.get("is_topic_message") else None

    @property
    def reply_to(self) -> int | None:
        replied = self.payload.get("reply_to_message")
        return None if replied is None or "forum_topic_created" in replied else replied["message_id"]

    @property
    def buttons(self) -> list[Json]:
        """Every button, row by row."""
        return [button for row in self.rows for button in row]

    @property
    def rows(self) -> list[list[Json]]:
        return list(self.payload.get("reply_markup", {}).get("inline_keyboard", []))

    def data(self, label: str) -> str:
        """The callback data of the only button whose label contains this."""
        found = [b for b in self.buttons if label in b["text"]]
        assert len(found) == 1, f"got {len(found)} buttons with {label!r} of {[b['text'] for b in self.buttons]}"
        return str(found[0]["callback_data"])


def without_none(**fields: Any) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def entities(text: str) -> list[Json]:
    """Commands, mentions and links, the way Telegram marks them: offsets in UTF-16 units."""

    def found() -> Iterator[Json]:
        for match in _ENTITY.finditer(text):
            offset, length = utf16(text[: match.start()]), utf16(match[0])
            yield {"type": match.lastgroup, "offset": offset, "length": length}

    return list(found())


def text_fields(text: str, given: list[Json] | None = None) -> Json:
    marks = entities(text) if given is None else given
    return {"text": text, **({"entities": marks} if marks else {})}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def without_tags(html: str) -> str:
    """What is left of Telegram HTML when it is shown."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts).strip()


def message_payload(
    message_id: int, chat: Chat, sender: Person, content: Json, *, topic: int | None, reply_to: Message | None
) -> Json:
    """A message as Telegram writes it.

    In a forum every message of a topic replies at least to the service message that opened
    the topic; in other supergroups a reply carries the id of its thread, without being in a topic.
    """
    payload = {"message_id": message_id, "date": int(time.time()), "chat": chat.payload, "from": sender.payload}
    if topic is not None:
        opening = {"message_id": topic, "date": payload["date"], "chat": chat.payload, "from": sender.payload}
        opening |= {"message_thread_id": topic, "is_topic_message": True}
        opening["forum_topic_created"] = {"name": f"Topik {topic}", "icon_color": 7322096}
        payload |= {"message_thread_id": topic, "is_topic_message": True, "reply_to_message": opening}
    if reply_to is not None:
        payload["reply_to_message"] = {k: v for k, v in reply_to.payload.items() if k != "reply_to_message"}
        if chat.type == "supergroup" and not chat.is_forum:
            payload["message_thread_id"] = reply_to.payload.get("message_thread_id", reply_to.id)
    return payload | content
