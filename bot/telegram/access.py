"""Who may ask: closed to strangers unless the configuration opens it."""

from __future__ import annotations

import re
import secrets

from bot.settings import TelegramSettings
from bot.telegram.state import Party, Standing, State

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is mistaken for something else
LENGTH = 8
_ID = re.compile(r"-?\d{1,18}")


class Access:
    """The configuration's lists and the owner's decisions, in one answer per person and group.

    The configuration wins: who it names as an owner or a user cannot be blocked from the chat.
    """

    def __init__(self, state: State, settings: TelegramSettings) -> None:
        self._state = state
        self._settings = settings
        self.owner_code = "" if self.owners else _code()

    @property
    def owners(self) -> list[int]:
        """Ids of the owners, from the configuration and from the first to say the owner code."""
        found = [p.id for p in self._state.parties() if p.standing is Standing.OWNER]
        return list(dict.fromkeys((*self._settings.owners, *found)))

    def is_owner(self, person: int) -> bool:
        return person in self.owners

    def may_ask(self, person: int, chat: int) -> bool:
        """Whether this person is answered in this chat; a group's members are let in with it."""
        if self.is_owner(person):
            return True
        listed = {*self._settings.users, *self._settings.groups}
        standing = self._standing(person)
        if standing is Standing.BLOCKED or self._standing(chat) is Standing.BLOCKED:
            return person in listed
        if self._settings.access == "open" or standing is Standing.ALLOWED or person in listed:
            return True
        return chat < 0 and (self._standing(chat) is Standing.ALLOWED or chat in listed)

    def pairing_code(self, party: int, name: str) -> str | None:
        """The code by which the owner lets a stranger in; None unless access is by pairing."""
        if self._settings.access != "pairing" or self._standing(party) is Standing.BLOCKED:
            return None
        return self._state.set_code(party, name, _code())

    def become_owner(self, person: int, name: str, code: str) -> bool:
        """Whether `code` is the one shown to whoever started a bot without an owner."""
        if not self.owner_code or not secrets.compare_digest(code.upper().encode(), self.owner_code.encode()):
            return False
        self.owner_code = ""
        self._state.set_standing(person, Standing.OWNER, name)
        return True

    def find(self, wanted: str) -> Party | None:
        """The party of a pairing code or of a Telegram id."""
        party = self._state.with_code(wanted.upper())
        if party is None and _ID.fullmatch(wanted):
            known = self._state.party(int(wanted))
            party = known or Party(int(wanted), "", Standing.STRANGER, None)
        return party

    def allow(self, party: Party) -> None:
        self._state.set_standing(party.id, Standing.ALLOWED, party.name)

    def block(self, party: Party) -> None:
        self._state.set_standing(party.id, Standing.BLOCKED, party.name)

    def _standing(self, party: int) -> Standing:
        known = self._state.party(party)
        return Standing.STRANGER if known is None else known.standing


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
