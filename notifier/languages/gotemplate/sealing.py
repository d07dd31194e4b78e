"""Functions that refuse sealed texts: for templates that may hold one (security.md S10).

A sealed value turned to text is a text like any other to Go's functions; printing it, or putting it
beside other texts, is all that may be done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from notifier.languages.golang.values import SEAL, GoError
from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.registry import Function

_PASSING: Final = frozenset(
    ("print", "printf", "println", "toString", "cat", "join", "list", "tuple", "dict", "default",
     "coalesce", "ternary", "first", "last", "and", "or", "not", "call", "index", "get")
)  # fmt: skip
"""What prints, or hands on what it is given."""


def functions() -> Mapping[str, Function]:
    """Return all functions, guarded."""
    return {
        name: each if name in _PASSING else replace(each, call=_guarded(each.call))
        for name, each in registry.ALL.items()
    }


def _guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*arguments: Any) -> Any:
        for argument in arguments:
            if _sealed(argument):
                raise GoError("a secret can be printed, but not changed or looked into")
        return call(*arguments)

    return guarded


def _sealed(value: Any) -> bool:
    if isinstance(value, str):
        return SEAL in value
    if isinstance(value, list):
        return any(map(_sealed, value))
    if isinstance(value, dict):
        return any(map(_sealed, value)) or any(map(_sealed, value.values()))
    return False
