"""What a template can call: each function with its Go signature, a docstring and an example.

The signature is checked when a call is compiled (number of arguments) and made (their kinds), as
the engine does for a Go function. Kinds of parameters and results: `string int int64 float64 bool
any list dict time error`; `...kind` last takes any number. A parameter of kind `any` takes
everything, and the function casts for itself; nil and a missing value both arrive as None there,
and as `NilDict` or `NilList` where a map or list is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function. `call` takes the arguments, after the `Run` if it is `metered` (it
    charges what it builds, or needs clock or chance); it raises `GoError`. `example` renders to
    `output` with `data`."""

    name: str
    call: Callable[..., Any]
    parameters: tuple[str, ...]
    variadic: str
    result: str
    metered: bool = False
    example: str = ""
    output: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """What it does, in a sentence or two."""
        return " ".join((self.call.__doc__ or "").split())


ALL: Final[dict[str, Function]] = {}
"""Everything registered, by name."""


REFUSED: Final[dict[str, str]] = {}
"""Functions that exist in Go but are off, by name: they block or take seconds. The text is a hint
of its own; empty gives the usual one, the setting `templates.allowFunctions`. Whoever allows one
passes it among the functions of a template."""

MUTATING: Final = frozenset(
    ("set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite")
)
"""Functions that change a map they are given: a template that names one gets a copy of the data."""


def register(
    signature: str,
    example: str,
    output: str,
    /,
    *names: str,
    metered: bool = False,
    **data: Any,
) -> Callable[[Called], Called]:
    """Register a function under its own name (without leading or trailing `_`), or under the given
    ones. `signature` reads `int, string -> string` or `string, ...any -> string`; `-> string` takes
    nothing."""
    left, _, result = signature.partition("->")
    kinds = [part.strip() for part in left.split(",") if part.strip()]
    variadic = kinds.pop().removeprefix("...") if kinds and kinds[-1].startswith("...") else ""

    def add(call: Called) -> Called:
        for name in names or (call.__name__.strip("_"),):
            ALL[name] = Function(
                name=name,
                call=call,
                parameters=tuple(kinds),
                variadic=variadic,
                result=result.strip(),
                metered=metered,
                example=example,
                output=output,
                data=data,
            )
        return call

    return add
