"""What a template can call: each function with its Go signature, a docstring and an example.

The signature is checked when a call is compiled (number of arguments) and made (their kinds), as
the engine does for a Go function. Kinds of parameters and results: `string int int64 float64 bool
any list dict time error`; `...kind` last takes any number. A parameter of kind `any` takes
everything, and the function casts for itself; nil and a missing value both arrive as None there,
and as `NilDict` or `NilList` where a map or list is declared.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from notifier.languages.seam import LanguageError

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
"""Everything that every template can call, by name."""

OFF: Final[dict[str, str]] = {}
"""Functions that are off unless the operator allows them, by name: the module that registers each,
imported when one of its functions is first allowed."""

_ALLOWABLE: Final[dict[str, Function]] = {}
"""Those of `OFF` whose module was imported."""

EXTRA: Final = "crypto"
"""The extra of the distribution that brings the libraries that some of `OFF` need."""

COSTLY: Final = 10_000
"""Steps of a call that takes up to a second: an evaluation makes ten at most."""

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
            table = _ALLOWABLE if name in OFF else ALL
            table[name] = Function(
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


def allowed(names: Iterable[str]) -> Mapping[str, Function]:
    """Return what templates can call where these functions are allowed.

    Raises `LanguageError` for one that is not off, or whose library is not installed.
    """
    chosen: dict[str, Function] = {}
    for name in names:
        if name not in OFF:
            raise LanguageError(
                f"{name} is no function that can be allowed", hint=f"these are: {', '.join(OFF)}"
            )
        try:
            importlib.import_module(OFF[name])
        except ModuleNotFoundError as error:  # pragma: no cover - proven in a process without it
            raise LanguageError(
                f"{name} needs the library {error.name}, which is not installed",
                hint=f"pip install 'rollout-notifier[{EXTRA}]'",
            ) from error
        chosen[name] = _ALLOWABLE[name]
    return {**ALL, **chosen}
