"""E-mail addresses out of foreign text: split first, then each is parsed (security.md S9). Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Final

from notifier.services import texts

LIMIT: Final = 254

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAMED: Final = re.compile(r'(?:"(?P<quoted>[^"\\]*)"|(?P<name>[^<>"]*))\s*<(?P<spec>[^<>\s]+)>')
_PIECE: Final = re.compile(r'(?:"[^"\\]*"|[^,"])+')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address, `spec` in ASCII, with the name shown beside it."""

    spec: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.spec.rpartition("@")[2]

    def header(self) -> Address:
        """Return the form that `EmailMessage` encodes."""
        return _address(self.name, self.spec)


@functools.lru_cache(maxsize=256)
def _address(name: str, spec: str) -> Address:
    return Address(display_name=name, addr_spec=spec)


def split(text: str) -> Sequence[str]:
    """Split a recipient at its commas, those in quotes aside; empty pieces are dropped."""
    return [piece.strip() for piece in _PIECE.findall(text) if piece.strip()]


def parse(text: str) -> Mailbox | None:
    """Return the one address a text holds, None if it is none. International domains are turned
    into their ASCII form; a local part must be ASCII."""
    stripped = text.strip()
    name = ""
    if named := _NAMED.fullmatch(stripped):
        name = texts.one_line(named["quoted"] or named["name"] or "", 100)
        stripped = named["spec"]
    local, at, domain = stripped.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    spec = f"{local}@{domain}"
    return Mailbox(spec, name) if len(spec) <= LIMIT and len(local) <= 64 else None
