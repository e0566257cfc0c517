"""A strict reader of exactly the HTML that Telegram documents, independent of what writes ours.

https://core.telegram.org/bots/api#html-style. It is stricter than Telegram where Telegram forgives: tag names in
lower case, attributes in double quotes, references closed by a semicolon, links that Telegram would not drop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_START = re.compile(r'<(?P<name>[a-z-]+)(?P<attributes>(?: [a-z-]+(?:="[^"<>]*")?)*)>')
_END = re.compile(r"</(?P<name>[a-z-]+)>")
_ATTRIBUTE = re.compile(r' (?P<name>[a-z-]+)(?:="(?P<value>[^"]*)")?')
_REFERENCE = re.compile(r"&(?:(?P<name>lt|gt|amp|quot)|#(?P<decimal>[0-9]{1,7})|#x(?P<hex>[0-9a-fA-F]{1,6}));")
_PLAIN = re.compile(r"[^<>&]+")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_STYLES = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler"}
_VERBATIM = {"code", "pre"}
_LEAVES = {"a", "tg-emoji"} | _VERBATIM  # none of these holds another of them
_TAGS = _STYLES | _LEAVES | {"blockquote"}

# What the attributes of a tag have to look like, joined as `name=value`.
_ATTRIBUTES = {
    "a": re.compile(r"href=(?:https?://[^\s/?#]+[^\s]*|tg://[^\s]+)"),
    "tg-emoji": re.compile(r"emoji-id=[0-9]+"),
    "span": re.compile(r"class=tg-spoiler"),
    "code": re.compile(r"(?:class=language-[^\s]+)?"),
    "blockquote": re.compile(r"(?:expandable)?"),
}
_NONE = re.compile("")


@dataclass
class _Read:
    """What was read: the text as shown, the number of entities, and what is wrong."""

    text: str = ""
    entities: int = 0
    wrong: list[str] = field(default_factory=list)


def check(html: str) -> list[str]:
    """What Telegram would refuse or silently drop, empty for a message that arrives as written."""
    return _read(html).wrong


def shown(html: str) -> str:
    """The text after entity parsing."""
    return _read(html).text


def parsed_length(html: str) -> int:
    """UTF-16 code units after entity parsing."""
    return len(shown(html).encode("utf-16-le", "surrogatepass")) // 2


def entity_count(html: str) -> int:
    """Message entities the tags become; a language inside <pre> is part of it."""
    return _read(html).entities


def _read(html: str) -> _Read:
    read = _Read()
    opened: list[tuple[str, bool]] = []  # tag, and whether it has attributes
    at = 0
    while at < len(html):
        if start := _START.match(html, at):
            read.wrong += _wrong_start(start, opened)
            name = start["name"]
            read.entities += not (name == "code" and opened[-1:] == [("pre", False)])
            opened.append((name, bool(start["attributes"])))
            at = start.end()
        elif end := _END.match(html, at):
            read.wrong += _wrong_end(end["name"], opened, at)
            at = end.end()
        elif reference := _REFERENCE.match(html, at):
            character = _character(reference)
            read.wrong += [] if character else [f"{reference[0]} at {at} is no character"]
            read.text += character
            at = reference.end()
        elif plain := _PLAIN.match(html, at):
            read.text += plain[0]
            at = plain.end()
        else:
            read.wrong.append(f"{html[at]!r} at {at} is not escaped: {html[at : at + 20]!r}")
            read.text += html[at]
            at += 1
    read.wrong += [f"<{name}> is never closed" for name, _ in opened]
    read.wrong += [] if read.text.strip() else ["nothing to read"]
    read.wrong += [f"half a surrogate pair: {c!a}" for c in read.text if "\ud800" <= c <= "\udfff"]
    return read


def _wrong_start(tag: re.Match[str], opened: list[tuple[str, bool]]) -> Iterator[str]:
    name = tag["name"]
    around = [name for name, _ in opened]
    if name not in _TAGS:
        yield f"<{name}> is no tag of Telegram's"
        return
    attributes, wrong = _attributes(tag["attributes"])
    yield from wrong
    if not _ATTRIBUTES.get(name, _NONE).fullmatch(attributes):
        yield f"<{name}{tag['attributes']}>: wrong attributes"
    in_pre = name == "code" and around[-1:] == ["pre"]
    if name == "code" and in_pre != bool(attributes):
        yield "a language belongs to <code> inside <pre>, and only there"
    if _VERBATIM & set(around) and not in_pre:
        yield f"<{name}> inside code"
    if name in _VERBATIM and _STYLES & set(around):
        yield f"<{name}> inside a style"
    if name in _LEAVES and _LEAVES & set(around) and not in_pre:
        yield f"<{name}> inside one of {sorted(_LEAVES & set(around))}"
    if name == "blockquote" and (_LEAVES | {"blockquote"}) & set(around):
        yield "<blockquote> inside a quote, a link or code"


def _wrong_end(name: str, opened: list[tuple[str, bool]], at: int) -> Iterator[str]:
    if not opened:
        yield f"</{name}> at {at} closes nothing"
    elif (last := opened.pop()[0]) != name:
        yield f"</{name}> at {at} closes <{last}>"


def _attributes(text: str) -> tuple[str, list[str]]:
    """Attributes as `name=value` with references read, and references that are none."""
    found, wrong = [], []
    for attribute in _ATTRIBUTE.finditer(text):
        value = attribute["value"]
        if value is not None and "&" in _REFERENCE.sub("", value):
            wrong.append(f"{attribute['name']}: '&' is not escaped in {value!r}")
        found.append(attribute["name"] + ("" if value is None else "=" + _REFERENCE.sub(_character, value)))
    return " ".join(found), wrong


def _character(reference: re.Match[str]) -> str:
    """The character a reference stands for, "" if there is none."""
    if reference["name"]:
        return _NAMED[reference["name"]]
    code = int(reference["decimal"] or reference["hex"], 10 if reference["decimal"] else 16)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""
