"""Secrets in messages: a mark where the template prints one, the value only when it is sent.

Nothing that is stored, logged or shown holds a credential (spec/security.md S10). A template sees
a sealed text in the place of each key that the operator listed; it may print it, or turn it to text
and print that. The marks are two private characters round the form and the key's name; data is
stripped of these characters, so nobody can write a mark into an annotation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notifier.languages.golang.values import SEAL, Sealed

if TYPE_CHECKING:
    from notifier.core.configuration import Configuration

OPEN: Final = SEAL
CLOSE: Final = "\ue001"
TEXT: Final = "t"
NUMBERS: Final = "n"
"""As Go prints a byte string that nobody turned to text: `[118 97]`."""

_MARK: Final = re.compile(f"{OPEN}([{TEXT}{NUMBERS}])([A-Za-z0-9._-]+){CLOSE}")
_MARK_BYTES: Final = re.compile(_MARK.pattern.encode())
_ESCAPED: Final = "\\ue000"
"""What a function that quotes makes of a mark."""
_PRIVATE: Final = re.compile(f"[{OPEN}{CLOSE}]")


class Broken(ValueError):
    """A template did more with a secret than print it."""


def seal(names: Iterable[str]) -> dict[str, Sealed]:
    """Return the `secrets` variable: a sealed text for each key."""
    return {
        name: Sealed(f"{OPEN}{TEXT}{name}{CLOSE}", f"{OPEN}{NUMBERS}{name}{CLOSE}")
        for name in names
    }


def checked(text: str, names: Mapping[str, Any]) -> str:
    """Return a rendered text whose marks are all whole and of known keys.

    Where no key is listed, what looks like a mark is data and becomes harmless. Raises `Broken`.
    """
    if OPEN not in text and CLOSE not in text and not (names and _ESCAPED in text):
        return text
    if not names:
        return _PRIVATE.sub("\N{REPLACEMENT CHARACTER}", text)
    rest = _MARK.sub(lambda found: "" if found[2] in names else found[0], text)
    if OPEN in rest or CLOSE in rest or _ESCAPED in rest:
        raise Broken("a secret can only be printed as it is: nothing may be done with its text")
    return text


def stripped(value: Any) -> Any:
    """Return data without the private characters, so that no mark can come from it.

    What has none is shared, not copied.
    """
    if isinstance(value, Sealed):
        return value
    if isinstance(value, str):
        return _PRIVATE.sub("\N{REPLACEMENT CHARACTER}", value) if _private(value) else value
    if type(value) is dict:
        made = {stripped(key): stripped(item) for key, item in value.items()}
        return made if any(made.get(key) is not item for key, item in value.items()) else value
    if type(value) is list:
        items = [stripped(item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def listed(
    configuration: Configuration, secret: Mapping[str, bytes], keys: Iterable[str]
) -> Configuration:
    """Return a configuration whose templates may print the listed entries of the Secret."""
    wanted = list(keys)
    return replace(configuration, sealed={name: secret[name] for name in wanted if name in secret})


def marked(*rendered: Any) -> bool:
    """Say whether rendered texts, or structures of them, hold marks."""
    waiting = list(rendered)
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and OPEN in each:
            return True
        if isinstance(each, Mapping):
            waiting += [*each, *each.values()]
        elif isinstance(each, (list, tuple)):
            waiting += each
    return False


def neutral(payload: bytes) -> bytes:
    """Return a payload in which nothing is a mark any more."""
    harmless = "\N{REPLACEMENT CHARACTER}".encode()
    return payload.replace(OPEN.encode(), harmless).replace(CLOSE.encode(), harmless)


def sealed(payload: bytes) -> bool:
    """Say whether a payload holds marks."""
    return _MARK_BYTES.search(payload) is not None


def reveal(payload: bytes, values: Mapping[str, bytes]) -> bytes:
    """Return a payload with the values in the place of their marks: for the moment of sending.

    Payloads are JSON, and marks stand inside its strings. Raises `KeyError` for a key that the
    Secret does not have (any more).
    """

    def value(found: re.Match[bytes]) -> bytes:
        raw = values[found[2].decode()]
        if found[1].decode() == NUMBERS:
            return f"[{' '.join(map(str, raw))}]".encode()
        return json.dumps(raw.decode(errors="replace"))[1:-1].encode()

    return _MARK_BYTES.sub(value, payload)


def hidden(text: str) -> str:
    """Return a text for people to look at: its marks say which key stands there."""
    return _MARK.sub(r"***\2***", text)


def _private(text: str) -> bool:
    return OPEN in text or CLOSE in text
