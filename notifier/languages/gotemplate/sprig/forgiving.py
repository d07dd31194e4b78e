"""Functions that give something neutral where their `must…` twins fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from notifier.languages.golang.values import GoError, Refused

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")


def otherwise(default: D, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | D:
    """Return what a function gives, the default where it fails as Go's does; a limit of the run
    ends the rendering all the same."""
    try:
        return function(*arguments, **named)
    except Refused:
        raise
    except GoError:
        return default
