"""Whether arguments fit a function (checker/checker.go: checkFunction, checkArguments)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from notifier.languages.expr import natures, nodes
from notifier.languages.expr.builtins import Function
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import UNKNOWN, Nature, Signature

_RESULTS = 2


class Given:
    """The natures of arguments, each looked at when it is needed: of two complaints, the one
    that the original meets first is told."""

    def __init__(
        self, visit: Callable[[nodes.Node], Nature], arguments: tuple[nodes.Node, ...]
    ) -> None:
        self._visit = visit
        self._arguments = arguments
        self._found: list[Nature] = []

    def __len__(self) -> int:
        return len(self._arguments)

    def __iter__(self) -> Iterator[Nature]:
        for place, argument in enumerate(self._arguments):
            if place == len(self._found):
                self._found.append(self._visit(argument))
            yield self._found[place]


def builtin(function: Function, at: int, arguments: tuple[nodes.Node, ...], given: Given) -> Nature:
    """Return the nature of what a builtin gives. Raises `Fault`."""
    if function.check is not None:
        try:
            return function.check(function.name, tuple(given))
        except Fault as fault:
            raise fault.placed(at) from None
    complaint: Fault | None = None
    for signature in function.overloads or (_ANYTHING,):
        try:
            return fitting(function.name, signature, at, arguments, given)
        except Fault as fault:
            complaint = fault
    raise complaint or Fault(f"no matching overload for {function.name}", at)


_ANYTHING = Signature((natures.list_of(natures.ANY),), (natures.ANY,), variadic=True)


def fitting(
    name: str,
    signature: Signature,
    at: int,
    arguments: tuple[nodes.Node, ...],
    given: Given,
) -> Nature:
    """Return the first result of a function whose arguments fit. Raises `Fault`."""
    if not signature.results:
        raise Fault(f"func {name} doesn't return value", at)
    if len(signature.results) > _RESULTS:
        raise Fault(f"func {name} returns more then two values", at)
    wanted = signature.parameters
    if signature.variadic:
        wanted = (*wanted[:-1], *[wanted[-1].element()] * (len(given) - len(wanted) + 1))
    if len(given) != len(wanted):
        tuple(given)
        few = "not enough" if len(given) < len(wanted) else "too many"
        raise Fault(f"{few} arguments to call {name}", at)
    for argument, nature, parameter in zip(arguments, given, wanted, strict=True):
        _fit(name, argument.at, nature, parameter)
    return signature.results[0]


def _fit(name: str, at: int, nature: Nature, parameter: Nature) -> None:
    if nature.integer and (parameter.integer or parameter.type == natures.FLOAT.type):
        return
    if nature.nil:
        if parameter.kind in ("ptr", "interface"):
            return
        raise Fault(f"cannot use nil as argument (type {parameter}) to call {name}", at)
    if nature is UNKNOWN or nature.unknown:
        return
    pointed = natures.dereferenced(nature)
    if not nature.assignable_to(parameter) and not pointed.assignable_to(parameter):
        raise Fault(f"cannot use {nature} as argument (type {parameter}) to call {name} ", at)
