"""What the calls of a bot do, as far as `lo-bot-api-emulator` refuses or forgets what Telegram does not."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lo_bot_api_emulator import ApiRefusal, LoBotApiEmulator
from lo_bot_api_emulator.updates import ALLOWED_UPDATE_TYPES, KINDS

from tests.telegram import strict_html
from tests.telegram.faults import decoded
from tests.telegram.world import BOT, Chat, Json, Message, Person, message_payload, without_none, without_tags

# The emulator knows the names of an older Bot API, and queues updates of three kinds only.
ALLOWED_UPDATE_TYPES.update({"guest_message", "managed_bot"})
KINDS.update(ALLOWED_UPDATE_TYPES)

# What Telegram takes and the emulator refuses.
_MORE_PARAMETERS = {
    "sendMessage": {"link_preview_options", "message_thread_id", "protect_content"},
    "sendChatAction": {"message_thread_id"},
    "sendDocument": {"message_thread_id", "protect_content", "parse_mode"},
    "sendPhoto": {"message_thread_id", "protect_content", "parse_mode"},
    "editMessageText": {"link_preview_options", "inline_message_id"},
    "editMessageReplyMarkup": {"inline_message_id"},
    "answerInlineQuery": {"button"},
}
_JUST_TRUE = {
    "sendMessageDraft",
    "setMyName",
    "setMyDescription",
    "setMyShortDescription",
    "leaveChat",
    "setMessageReaction",
}
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MAX_ENTITIES = 100  # Telegram forgets the formatting beyond without a word
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup "
    "are exactly the same as a current content and reply markup of the message"
)


class Methods(LoBotApiEmulator):
    """Chats, messages and menus, and what a call changes in them; everything but reading on the server's event loop.

    Attributes:
        problems: what the bot must never send, whether or not it was refused.
        shown: the messages of every chat by (chat, id), and inline messages by (0, number).
    """

    def __init__(self, *, strict: bool) -> None:
        super().__init__(max_updates=100_000, allow_insecure_loopback_webhooks=True)
        self.strict = strict
        self.problems: list[str] = []
        self.chats: dict[int, Chat] = {}
        self.topics: set[tuple[int, int]] = set()
        self.shown: dict[tuple[int, int], Message] = {}
        self.queries: set[str] = set()
        self.results: dict[str, list[Json]] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}

    def new_id(self) -> int:
        self.next_id += 1
        return int(self.next_id) - 1

    def validate(self, method: str, fields: Json, uploads: Json) -> Any:
        """Refuse what Telegram refuses, else do it; gives the result."""
        given = decoded(fields)
        self._check_chat(given)
        text = self._check_text(given)
        self._check_buttons(given)
        if method in _JUST_TRUE:
            return True
        known = {k: v for k, v in fields.items() if k not in _MORE_PARAMETERS.get(method, ())}
        if text is not None:
            known[_text_key(given)] = text  # the limits count what is shown
        if "inline_message_id" in given:
            known |= {"chat_id": "1", "message_id": "1"}  # which an inline message has not, and the emulator wants
        if "force_reply" in (given.get("reply_markup") or {}):
            del known["reply_markup"]
        before: Callable[[Json, Json], None] | None = getattr(self, f"_before_{method}", None)
        if before is not None:
            before(given, known)
        result = super().validate(method, known, uploads)
        after: Callable[[Json, Any], Any] | None = getattr(self, f"_after_{method}", None)
        return result if after is None else after(given, result)

    def _check_chat(self, given: Json) -> None:
        """The chat is known to the bot, the topic and the message replied to are there."""
        if "chat_id" not in given:
            return
        chat = self.chats.get(given["chat_id"])
        if chat is None:
            raise ApiRefusal("Bad Request: chat not found")
        topic = given.get("message_thread_id")
        if topic is not None and (chat.id, topic) not in self.topics:
            raise ApiRefusal("Bad Request: message thread not found")
        reply = given.get("reply_parameters", {})
        if reply and not reply.get("allow_sending_without_reply") and (chat.id, reply["message_id"]) not in self.shown:
            raise ApiRefusal("Bad Request: message to be replied not found")

    def _check_text(self, given: Json) -> str | None:
        """The text that is shown, or None; broken HTML is a problem, and refused."""
        source = given.get(_text_key(given))
        if not isinstance(source, str):
            return None
        mode = given.get("parse_mode")
        if mode is None:
            return source
        if mode != "HTML":
            self.problems.append(f"parse_mode {mode!r}, expected HTML: {source!r}")
        elif self.strict:
            self._check_html(source)
        return without_tags(source)

    def _check_html(self, source: str) -> None:
        faults = strict_html.check(source)
        if faults:
            self.problems.append(f"invalid HTML ({'; '.join(faults)}): {source!r}")
            raise ApiRefusal(f"Bad Request: can't parse entities: {faults[0]}")
        if strict_html.entity_count(source) > MAX_ENTITIES:
            self.problems.append(f"{strict_html.entity_count(source)} entities, at most {MAX_ENTITIES}: {source!r}")

    def _check_buttons(self, given: Json) -> None:
        for row in (given.get("reply_markup") or {}).get("inline_keyboard", []):
            for button in row:
                size = len(button.get("callback_data", "").encode())
                if size > 64:
                    self.problems.append(f"callback data of {size} bytes, at most 64: {button!r}")
                    raise ApiRefusal("Bad Request: BUTTON_DATA_INVALID")

    def _after_getMe(self, _: Json, result: Json) -> Json:  # noqa: N802  # named for the method
        return result | BOT.payload | {"supports_inline_queries": True}

    def _after_sendMessage(self, given: Json, result: Json) -> Json:  # noqa: N802
        return self._show(given, {key: result[key] for key in ("text", "reply_markup") if key in result}, result)

    def _after_sendDocument(self, given: Json, result: Json) -> Json:  # noqa: N802
        kept = ("caption", "document", "photo", "reply_markup")
        return self._show(given, {key: result[key] for key in kept if key in result}, result)

    _after_sendPhoto = _after_sendDocument  # noqa: N815

    def _show(self, given: Json, content: Json, result: Json) -> Json:
        chat, now = self.chats[given["chat_id"]], time.monotonic()
        reply_to = self.shown.get((chat.id, (given.get("reply_parameters") or {}).get("message_id", 0)))
        topic = given.get("message_thread_id")
        payload = message_payload(result["message_id"], chat, BOT, content, topic=topic, reply_to=reply_to)
        source = given.get(_text_key(given), "")
        message = Message(payload["message_id"], chat, payload, source, given.get("parse_mode"), (source,), now, now)
        self.shown[chat.id, message.id] = message
        return payload

    def show_inline(self, result: Json, user: Person) -> Message:
        """The message that a chosen result of an inline query becomes."""
        content, number, now = result["input_message_content"], self.new_id(), time.monotonic()
        source, mode = content["message_text"], content.get("parse_mode")
        payload = without_none(text=self._check_text(content), reply_markup=result.get("reply_markup"))
        name = f"inline-{number}"
        message = Message(number, user.chat, payload, source, mode, (source,), now, now, inline_id=name)
        self.shown[0, number] = message
        return message

    def _target(self, given: Json) -> tuple[int, int]:
        if "inline_message_id" in given:
            key = (0, int(given["inline_message_id"].removeprefix("inline-")))
        else:
            key = (given["chat_id"], given["message_id"])
        if key not in self.shown:
            raise ApiRefusal("Bad Request: message to edit not found")
        return key

    def _before_editMessageText(self, given: Json, _: Json) -> None:  # noqa: N802
        message = self.shown[self._target(given)]
        if not message.by_bot:
            raise ApiRefusal("Bad Request: message can't be edited")
        source = given.get("text", message.source)
        mode = given.get("parse_mode") if "text" in given else message.parse_mode
        if (message.source, message.parse_mode, message.rows) == (source, mode, _rows(given)):
            raise ApiRefusal(NOT_MODIFIED)

    _before_editMessageReplyMarkup = _before_editMessageText  # noqa: N815

    def _after_editMessageText(self, given: Json, result: Json) -> Any:  # noqa: N802
        key = self._target(given)
        message = self.shown[key]
        payload = {k: v for k, v in message.payload.items() if k != "reply_markup"} | {"edit_date": int(time.time())}
        if "reply_markup" in result:
            payload["reply_markup"] = result["reply_markup"]
        changed = replace(message, payload=payload, changed_at=time.monotonic())
        if "text" in given:
            payload["text"] = result["text"]
            mode, versions = given.get("parse_mode"), (*message.versions, given["text"])
            changed = replace(changed, source=given["text"], parse_mode=mode, versions=versions)
        self.shown[key] = changed
        return True if "inline_message_id" in given else payload

    _after_editMessageReplyMarkup = _after_editMessageText  # noqa: N815

    def _after_deleteMessage(self, given: Json, _: Any) -> bool:  # noqa: N802
        if self.shown.pop((given["chat_id"], given["message_id"]), None) is None:
            raise ApiRefusal("Bad Request: message to delete not found")
        return True

    def _before_answerCallbackQuery(self, given: Json, _: Json) -> None:  # noqa: N802
        if str(given.get("callback_query_id")) not in self.queries:
            raise ApiRefusal("Bad Request: query is too old and response timeout expired or query ID is invalid")

    def _before_answerInlineQuery(self, given: Json, known: Json) -> None:  # noqa: N802
        if str(given.get("inline_query_id")) not in self.queries:
            raise ApiRefusal("Bad Request: query is too old and response timeout expired or query ID is invalid")
        known["results"] = copy.deepcopy(given.get("results") or [])
        for result in known["results"]:
            content = result.get("input_message_content", {})
            content["message_text"] = self._check_text(content)
            self._check_buttons(result)

    def _after_answerInlineQuery(self, given: Json, _: Any) -> bool:  # noqa: N802
        self.results[str(given["inline_query_id"])] = given.get("results") or []
        return True

    def _after_setMyCommands(self, given: Json, _: Any) -> bool:  # noqa: N802
        for command in given["commands"]:
            if not _COMMAND.fullmatch(command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise ApiRefusal("Bad Request: BOT_COMMAND_INVALID")
        self.commands[_scope(given)] = given["commands"]
        return True

    def _after_getMyCommands(self, given: Json, _: Any) -> list[Json]:  # noqa: N802
        return self.commands.get(_scope(given), [])

    def _after_deleteMyCommands(self, given: Json, _: Any) -> bool:  # noqa: N802
        self.commands.pop(_scope(given), None)
        return True


def _scope(given: Json) -> tuple[str, str]:
    return (given.get("scope") or {}).get("type", "default"), given.get("language_code") or ""


def _rows(given: Json) -> list[list[Json]]:
    return list((given.get("reply_markup") or {}).get("inline_keyboard", []))


def _text_key(given: Json) -> str:
    return next((key for key in ("text", "message_text") if key in given), "caption")
