"""One given text to the value of one setting, by the type of its field."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.core.errors import Problem, SettingsError

PREFIX = "NOTIFIER_"

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "store.retention_days": (1, 3650),
    "store.retention_rows": (1, 10**9),
    "delivery.workers": (1, 1024),
    "delivery.timeout_s": (0.1, 300),
    "delivery.lease_s": (1, 3600),
    "delivery.drain_s": (0, 3600),
    "election.duration_s": (0.5, 600),
    "election.renew_s": (0.2, 600),
    "election.retry_s": (0.05, 60),
    "web.port": (0, 65535),
    "web.admin_port": (0, 65535),
}


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting: `path` is `section.field`, `type` its resolved annotation."""

    section: str
    name: str
    type: Any
    default: Any

    @property
    def path(self) -> str:
        """The key as the file, `--set` and the documentation write it."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{PREFIX}{self.section}_{self.name}".upper()


@dataclass(frozen=True, slots=True)
class Given:
    """A value as some source gives it: a text, a list of texts or a mapping of texts."""

    value: Any
    document: str
    key: str
    line: int = 0
    column: int = 0

    def refuse(self, message: str, fix: str) -> SettingsError:
        """Return the error that names this place."""
        return SettingsError(
            Problem(
                document=self.document,
                key=self.key,
                message=message,
                fix=fix,
                line=self.line,
                column=self.column,
            )
        )


def read(source: Given, field: SettingField) -> Any:
    """Read a given value as the type of its field."""
    kind, origin = field.type, typing.get_origin(field.type)
    if origin is tuple:
        return _read_list(source)
    if origin is not None and _is_mapping(origin):
        return _read_map(source)
    if not isinstance(source.value, str):
        raise source.refuse("one value is expected, not a list or mapping", "give a single value")
    if origin is typing.Literal:
        return _read_choice(source, typing.get_args(kind))
    if kind is bool:
        return _read_bool(source)
    if kind in (int, float):
        return _read_number(source, field)
    return source.value


def _is_mapping(origin: Any) -> bool:
    """Say whether an annotation's origin is `Mapping`."""
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _read_list(source: Given) -> tuple[str, ...]:
    if isinstance(source.value, Mapping):
        raise source.refuse("a list is expected, not a mapping", "give a list of texts")
    items = source.value.split(",") if isinstance(source.value, str) else source.value
    return tuple(item.strip() for item in items if item.strip())


def _read_map(source: Given) -> Mapping[str, float]:
    value = source.value
    if isinstance(value, str):
        pairs = [item.partition("=") for item in value.split(",") if item.strip()]
        value = {name.strip(): number.strip() for name, _, number in pairs}
    if not isinstance(value, Mapping):
        raise source.refuse("a mapping is expected", "give names with their seconds")
    return {name: _number(source, name, number) for name, number in value.items()}


def _number(source: Given, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise source.refuse(
            f"{name}: {text!r} is not a number of seconds", f"give a number above 0, as {name}=600"
        )
    return number


def _read_choice(source: Given, choices: Sequence[str]) -> str:
    if source.value not in choices:
        raise source.refuse(f"{source.value!r} is not one of its values", "use " + _or(choices))
    return str(source.value)


def _read_bool(source: Given) -> bool:
    text = source.value.lower()
    if text not in ("true", "false"):
        raise source.refuse(f"{source.value!r} is neither true nor false", "use true or false")
    return bool(text == "true")


def _read_number(source: Given, field: SettingField) -> float:
    low, high = _BOUNDS.get(field.path, (0, float("inf")))
    what = "a whole number" if field.type is int else "a number"
    fix = f"give {what} from {low:g} to {high:g}"
    try:
        number: float = field.type(source.value)
    except ValueError as err:
        raise source.refuse(f"{source.value!r} is not {what}", fix) from err
    if not low <= number <= high:
        raise source.refuse(f"{source.value} is out of range", fix)
    return number


def unknown(source: Given, key: str, known: Iterable[str]) -> SettingsError:
    """Return the error for a key that is no setting."""
    return source.refuse("no such setting", nearest(key, known))


def nearest(key: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant."""
    names = list(known)
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else "known are " + ", ".join(sorted(names))


def _or(choices: Sequence[str]) -> str:
    return ", ".join(choices[:-1]) + " or " + choices[-1] if len(choices) > 1 else choices[0]
