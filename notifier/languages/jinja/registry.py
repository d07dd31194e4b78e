"""What a template can call. Each has a docstring and an example, and the example is a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

Kind = Literal["filter", "test", "function"]
Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A filter (`x | name`), test (`x is name`) or function (`name(x)`).

    `example` renders to `output` with `data`. `walks` says that it looks at all of a value, however
    deep, and so is charged for all of it.
    """

    name: str
    kind: Kind
    call: Callable[..., Any]
    example: str
    output: str
    walks: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """What it does, in a sentence or two."""
        return " ".join((self.call.__doc__ or "").split())


ALL: Final[dict[tuple[Kind, str], Registered]] = {}
"""Everything registered, by kind and name."""


def register(
    kind: Kind, example: str, output: str, /, *names: str, walks: bool = True, **data: Any
) -> Callable[[Called], Called]:
    """Register a function under its own name, or under the given names."""

    def add(call: Called) -> Called:
        for name in names or (call.__name__.strip("_"),):
            ALL[kind, name] = Registered(
                name=name,
                kind=kind,
                call=call,
                example=example,
                output=output,
                walks=walks,
                data=data,
            )
        return call

    return add


def named(kind: Kind) -> dict[str, Registered]:
    """Return everything of one kind by name."""
    return {name: item for (of, name), item in ALL.items() if of == kind}
