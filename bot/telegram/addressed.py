"""Which messages are meant for the bot, and what they say without its name."""

from __future__ import annotations

from telegram import Message, MessageEntity, User


def is_addressed(message: Message, me: User) -> bool:
    """In private everything is; in a group a mention, a reply to the bot, or a command not meant for another."""
    if message.chat.type == "private" or _is_command(message, me):
        return True
    return _is_reply_to(message, me) or bool(_mentions(message, me))


def asked_text(message: Message, me: User | None) -> str:
    """The message's text or caption without mentions of the bot."""
    text = message.text or message.caption or ""
    for mention in _mentions(message, me) if me else []:
        text = text.replace(mention, " ")
    return " ".join(text.split())


def _is_command(message: Message, me: User) -> bool:
    commands = [text for e, text in message.parse_entities([MessageEntity.BOT_COMMAND]).items() if e.offset == 0]
    return any("@" not in command or command.lower().endswith(f"@{me.username}".lower()) for command in commands)


def _is_reply_to(message: Message, me: User) -> bool:
    replied = message.reply_to_message
    # In a forum every message replies to the one that opened the topic.
    if replied is None or replied.forum_topic_created is not None:
        return False
    return replied.from_user is not None and replied.from_user.id == me.id


def _mentions(message: Message, me: User) -> list[str]:
    """The mentions of the bot, as they are written in the message."""
    found = message.parse_entities([MessageEntity.MENTION, MessageEntity.TEXT_MENTION])
    found |= message.parse_caption_entities([MessageEntity.MENTION, MessageEntity.TEXT_MENTION])
    name = f"@{me.username}".lower()
    return [text for entity, text in found.items() if text.lower() == name or (entity.user and entity.user.id == me.id)]
