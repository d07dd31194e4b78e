"""The table of builtins: each with its types, a docstring and an example that is a test.

`check` finds the type of a call from the types of its arguments, or `overloads` lists the Go
signatures one of which must fit; both as the original's `builtin/builtin.go` has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from notifier.languages.expr import natures
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import Nature, Signature
from notifier.languages.expr.state import State

Natures = tuple[Nature, ...]
Check = Callable[[str, Natures], Nature]
Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One builtin. `call` takes the state and the arguments; it raises `Fault` or `GoError`.
    `least` and `most` bound the number of arguments. Calls that the check did not look at may
    have more: of a `single` builtin the original then takes the last one, of a `lenient` one the
    first `least`. Those with a predicate have no `call`: `loops.py` compiles them."""

    name: str
    doc: str
    example: str
    result: str
    overloads: tuple[Signature, ...] = ()
    check: Check | None = None
    call: Callable[..., Any] | None = None
    least: int = 1
    most: int = 1
    single: bool = False
    lenient: bool = False

    @property
    def nature(self) -> Nature:
        """The type of the bare name."""
        signature = self.overloads[0] if self.overloads else _UNTYPED
        return natures.function(signature, builtin=self.name)

    def apply(self, state: State, arguments: list[Any]) -> Any:
        """Call the builtin. Raises `Fault` or `GoError`."""
        if self.single:
            arguments = arguments[-1:]
        if self.lenient and len(arguments) > self.most:
            arguments = arguments[: self.least]
        if self.call is None or not self.least <= len(arguments) <= self.most:
            raise Fault(f"invalid number of arguments for {self.name}")
        for argument in arguments:
            if type(argument) is str:
                state.scan(argument)
        return self.call(state, *arguments)


_UNTYPED: Final = Signature((natures.ANY,), (natures.ANY, natures.ERROR), variadic=True)

FUNCTIONS: Final[dict[str, Function]] = {}
"""Every builtin by name."""


def types(text: str) -> Signature:
    """Return the signature that a short form means: `string, int -> []string`."""
    left, _, right = text.partition("->")
    parameters = tuple(_NAMES[name.strip()] for name in left.split(",") if name.strip())
    return Signature(parameters, (_NAMES[right.strip()],))


_NAMES: Final[Mapping[str, Nature]] = {
    "any": natures.ANY,
    "bool": natures.BOOL,
    "int": natures.INT,
    "float": natures.FLOAT,
    "string": natures.STRING,
    "[]any": natures.ARRAY,
    "[]string": natures.STRINGS,
    "[]int": natures.INTS,
    "[]float": natures.FLOATS,
    "duration": natures.DURATION,
    "location": natures.LOCATION,
    "test": natures.function(Signature((natures.ANY,), (natures.BOOL,))),
    "choice": natures.function(Signature((natures.ANY,), (natures.ANY,))),
    "step": natures.function(Signature((natures.ANY, natures.ANY), (natures.ANY,))),
    "groups": natures.GROUPS,
}


def builtin(
    example: str,
    result: str,
    *overloads: str,
    check: Check | None = None,
    arguments: tuple[int, int] = (1, 1),
    single: bool = False,
    lenient: bool = False,
    name: str = "",
) -> Callable[[Called], Called]:
    """Register the function below under its own name, without a trailing `_`."""

    def add(call: Called) -> Called:
        own = name or call.__name__.rstrip("_")
        FUNCTIONS[own] = Function(
            name=own,
            doc=" ".join((call.__doc__ or "").split()),
            example=example,
            result=result,
            overloads=tuple(map(types, overloads)),
            check=check,
            call=call,
            least=arguments[0],
            most=arguments[1],
            single=single,
            lenient=lenient,
        )
        return call

    return add


# Checks shared by several builtins


def expected(count: int, arguments: Natures) -> None:
    """Insist on a number of arguments. Raises `Fault`."""
    if len(arguments) != count:
        raise Fault(f"invalid number of arguments (expected {count}, got {len(arguments)})")


def shown(nature: Nature) -> str:
    """Return a type as the original's complaints show it."""
    if nature.nil:
        return "%!s(<nil>)"
    return "interface {}" if nature.unknown else nature.type


def known_kind(nature: Nature) -> str:
    """Return the reflect kind that checks look at: unknown is an interface."""
    return "interface" if nature.unknown else natures.dereferenced(nature).kind


NUMERIC: Final = frozenset(("float64", "int", "int64", "int32", "uint8", "uint64", "interface"))
LISTS: Final = frozenset(("interface", "slice"))
MAPS: Final = frozenset(("interface", "map"))


def one_of(kinds: frozenset[str], result: Nature, complaint: str) -> Check:
    """Return the check of a builtin with one argument of certain kinds; `complaint` may name the
    builtin and the type."""

    def check(name: str, arguments: Natures) -> Nature:
        expected(1, arguments)
        if known_kind(arguments[0]) not in kinds:
            raise Fault(complaint.format(name=name, type=shown(arguments[0])))
        return result

    return check


INVALID: Final = "invalid argument for {name} (type {type})"
