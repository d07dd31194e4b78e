"""Values of a Secret: how they enter a service's options, and how they stay out of sight.

Substitution happens after parsing, in one pass, in service values only (spec/configuration.md 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

HIDDEN: Final = "***"
MAX_CHARACTERS: Final = 1024 * 1024
"""Characters that the references of one value may expand to: a Secret is no amplifier."""

_REFERENCE: Final = re.compile(r"\$([A-Za-z0-9_-]+)")


class Secret:
    """A credential. Every way to print it shows `***`; only `reveal()` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = str(value)

    def reveal(self) -> str:
        """Return the text itself, for the moment of sending."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @override
    def __hash__(self) -> int:
        return hash((Secret, self._value))

    @override
    def __repr__(self) -> str:
        return HIDDEN

    @override
    def __str__(self) -> str:
        return HIDDEN

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not serialised")


class Substituted(str):
    """A text that came from a Secret: decoders may coerce it to the type of its field.

    It is the text itself wherever a string is used; only its `repr` is hidden, so that a mapping of
    options can be shown.
    """

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return HIDDEN


@dataclass(frozen=True, slots=True)
class Missing:
    """A reference without an entry, at `path` (field names, list positions, header names)."""

    reference: str
    path: tuple[str, ...]

    def guarded(self, secret_fields: frozenset[str]) -> bool:
        """Say whether it stands in a credential or address field, where it is never sent as it
        is."""
        names = {name.casefold() for name in secret_fields} | {"authorization"}
        return any(part.casefold() in names for part in self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """A value with its references replaced, and what was wrong with them."""

    value: Any
    missing: tuple[Missing, ...] = ()
    used: frozenset[str] = frozenset()
    newlines: tuple[str, ...] = ()
    """Referenced entries that end in a newline, the usual cause of a rejected token."""
    errors: tuple[str, ...] = ()


def substitute(value: Any, secret: Mapping[str, bytes]) -> Substitution:
    """Replace each `$key` in the strings and mapping keys of a parsed value.

    Never raises: unresolved references stay literal and are listed; a referenced entry that is not
    UTF-8, or an expansion past `MAX_CHARACTERS`, is an error of the whole value.
    """
    walk = _Walk(secret)
    replaced = walk.node(value, ())
    newlines = sorted(name for name in walk.used if secret[name].endswith(b"\n"))
    return Substitution(
        value=replaced,
        missing=tuple(walk.missing),
        used=frozenset(walk.used),
        newlines=tuple(newlines),
        errors=tuple(dict.fromkeys(walk.errors)),
    )


@dataclass(slots=True)
class _Walk:
    """One pass over one value."""

    secret: Mapping[str, bytes]
    missing: list[Missing] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    size: int = 0

    def node(self, value: Any, path: tuple[str, ...]) -> Any:
        """Replace in one node and what is below it."""
        match value:
            case str():
                return self.text(value, path)
            case dict():
                return {
                    self.text(key, path) if isinstance(key, str) else key: self.node(
                        item, (*path, _component(value, key))
                    )
                    for key, item in value.items()
                }
            case list():
                return [self.node(item, (*path, str(at))) for at, item in enumerate(value)]
            case _:
                return value

    def text(self, value: str, path: tuple[str, ...]) -> str:
        """Replace in one string; what is put in is not scanned again."""
        found = False

        def entry(match: re.Match[str]) -> str:
            nonlocal found
            text = self.entry(match[1], path)
            found = found or text is not None
            return match[0] if text is None else text

        replaced = _REFERENCE.sub(entry, value)
        return Substituted(replaced) if found else value

    def entry(self, name: str, path: tuple[str, ...]) -> str | None:
        """Return the entry as text, or None (and a note) if there is none that can be used."""
        raw = self.secret.get(name)
        if raw is None:
            self.missing.append(Missing(name, path))
            return None
        self.used.add(name)
        self.size += len(raw)
        if self.size > MAX_CHARACTERS:
            self.errors.append(f"the references expand to more than {MAX_CHARACTERS} bytes")
            return ""
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.errors.append(f"the Secret's entry {name} is not UTF-8")
            return ""


def _component(mapping: Mapping[Any, Any], key: Any) -> str:
    """Name a mapping's entry in a path; the `value` of `{name, value}` goes by that name."""
    name = next((item for at, item in mapping.items() if str(at).casefold() == "name"), None)
    if isinstance(key, str) and key.casefold() == "value" and isinstance(name, str):
        return name
    return str(key)
