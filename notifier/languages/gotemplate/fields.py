"""Field chains: `.a.b.c` over maps, and the methods and fields of Go's objects.

A map key that is missing gives `MISSING`, and so does every field of that; a field of null is an
error, as is a field of anything else (templates.md 3.4, traps 1-3). Attributes of Python objects
are never looked up: an object answers by its `METHODS` and `FIELDS` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.languages.golang import values
from notifier.languages.golang.values import MISSING, GoError, GoObject
from notifier.languages.gotemplate import nodes
from notifier.languages.gotemplate.execution import Expression, Frame, Source

NOT_A_METHOD = "{name} is not a method but has arguments"


def chain(source: Source, node: nodes.Shown, names: Sequence[str], absent: Any) -> Expression:
    """Compile `.a.b` of the dot; `absent` is what a missing key gives, itself without fields."""
    if len(names) == 1:
        name = names[0]

        def one(_frame: Frame, dot: Any) -> Any:
            if type(dot) is dict:
                return dot.get(name, absent)
            return walk(source, node, dot, names, absent)

        return one
    first, *others = names

    def several(_frame: Frame, dot: Any) -> Any:
        try:
            value = dot[first]
            for name in others:
                value = value[name]
        except (KeyError, TypeError, IndexError):
            return walk(source, node, dot, names, absent)
        return value

    return several


def of(source: Source, node: nodes.Shown, operand: Expression, names: Sequence[str]) -> Expression:
    """Compile the fields of a variable or of a pipeline's value."""
    inner = chain(source, node, names, MISSING)

    def fields(frame: Frame, dot: Any) -> Any:
        return inner(frame, operand(frame, dot))

    return fields


def walk(
    source: Source, node: nodes.Shown, receiver: Any, names: Sequence[str], absent: Any = MISSING
) -> Any:
    """Follow a chain to its end, by every rule. Raises `ExecError`."""
    value = receiver
    try:
        for position, name in enumerate(names):
            value = step(value, name, "interface {}" if position else "")
    except GoError as error:
        raise source.error(node, str(error)) from error
    return absent if value is MISSING else value


def step(receiver: Any, name: str, static: str) -> Any:
    """Return one field. `static` is the declared type of the receiver, if that hides its own in
    errors. Raises `GoError`."""
    if isinstance(receiver, dict):
        return receiver.get(name, MISSING)
    if receiver is MISSING:
        return MISSING
    if receiver is None:
        raise GoError(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(receiver, GoObject):
        method = receiver.METHODS.get(name)
        if method is not None:
            return call(receiver, name, method, ())
        if name in receiver.FIELDS:
            return receiver.FIELDS[name](receiver)
    found = static or values.type_name(receiver)
    raise GoError(f"can't evaluate field {name} in type {found}")


def call(receiver: GoObject, name: str, method: values.Method, given: Sequence[Any]) -> Any:
    """Call a method with checked arguments. Raises `GoError`."""
    if len(given) != len(method.parameters):
        raise GoError(
            f"wrong number of args for {name}: want {len(method.parameters)} got {len(given)}"
        )
    if method.results > 1:
        raise GoError(f"function {name} has {method.results} return values; should be 1")
    try:
        return method.call(receiver, *given)
    except GoError as error:
        raise GoError(f"error calling {name}: {error}") from error
