"""The functions that every Go template has, but for comparison and escaping.

`and`, `or` and `call` are registered for their signatures: the compiler makes calls of its own of
them. `slice` is missing, Sprig has its own.
"""

from __future__ import annotations

from typing import Any

from notifier.languages.golang import bytetexts, printf, printing, runs, values
from notifier.languages.golang.values import GoError, Uint8
from notifier.languages.gotemplate.registry import register


@register("any, ...any -> any", '{{and 1 "" 2}}', "", "and")
def and_(value: Any, *others: Any) -> Any:
    """Return the first operand that is false, else the last; what follows is not evaluated."""
    return next((each for each in (value, *others) if not each), (value, *others)[-1])


@register("any, ...any -> any", '{{or "" 2 3}}', "2", "or")
def or_(value: Any, *others: Any) -> Any:
    """Return the first operand that is true, else the last; what follows is not evaluated."""
    return next((each for each in (value, *others) if each), (value, *others)[-1])


@register("any -> bool", '{{not ""}}', "true", "not")
def not_(value: Any) -> bool:
    """Return the opposite of the truth of a value."""
    return not value


@register("any -> int", '{{len "abc"}}', "3", "len")
def length(value: Any) -> int:
    """Return how many bytes a text has, how many items a list or map."""
    if isinstance(value, values.Sealed):
        raise printing.sealed()
    if isinstance(value, str):
        return bytetexts.size(value)
    if values.kind(value) not in ("slice", "map"):
        raise GoError("len of nil pointer" if value is None else f"len of type {_named(value)}")
    return len(value)


@register("any, ...any -> any", '{{index (list "a" "b") 1}}', "b")
def index(value: Any, *keys: Any) -> Any:
    """Return what a list holds at an index or a map under a key; further keys go deeper. A key
    that a map does not have gives no value."""
    if value is None:
        raise GoError("index of untyped nil")
    for key in keys:
        if value is None:
            raise GoError("index of nil pointer")
        value = _item(value, key)
    return value


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, values.Sealed):
        raise printing.sealed()
    match values.kind(value):
        case "map":
            if type(key) is not str:
                if key is None:
                    raise GoError("value is nil; should be of type string")
                raise GoError(f"value has type {_named(key)}; should be string")
            return value.get(key, _zero(value))
        case "slice":
            item = value[_position(key, len(value))]
            return Uint8(item) if isinstance(value, bytes) else item
        case "string":
            data = bytetexts.encode(value)
            return Uint8(data[_position(key, len(data))])
        case _:
            raise GoError(f"can't index item of type {_named(value)}")


def _zero(mapping: Any) -> Any:
    """Return what a map gives for a key that it does not have."""
    if isinstance(mapping, values.BytesMap):
        return b""
    return "" if isinstance(mapping, values.StringMap) else None


def _position(key: Any, size: int) -> int:
    """Return an index into so many items. Raises `GoError`."""
    number = key.value if isinstance(key, values.GoInteger) else key
    if isinstance(number, bool) or not isinstance(number, int):
        found = "nil" if key is None else f"type {_named(key)}"
        raise GoError(f"cannot index slice/array with {found}")
    if not 0 <= number < size:
        raise GoError(f"index out of range: {number}")
    return int(number)


def _named(value: Any) -> str:
    return values.type_name(value)


@register("...any -> string", '{{print "a" 1 2}}', "a1 2", "print", metered=True)
def print_(run: runs.Run, *args: Any) -> str:
    """Return the operands as text, with a space between two that are no texts."""
    return printf.sprint(args, run)


@register("...any -> string", '{{println "a" 1}}', "a 1\n", metered=True)
def println(run: runs.Run, *args: Any) -> str:
    """Return the operands as text, with spaces between them and a line break after."""
    return printf.sprintln(args, run)


@register(
    "string, ...any -> string", '{{printf "%s has %d" "a" 3}}', "a has 3", "printf", metered=True
)
def printf_(run: runs.Run, layout: str, *args: Any) -> str:
    """Return the operands written as the verbs of the layout say: `%s %d %v %q %05.2f` and all."""
    return printf.sprintf(run, layout, args)


@register(
    "any, ...any -> any",
    '{{call .shout "x"}}',
    "X",
    shout=values.Func(str.upper, ("string",), "func(string) string"),
)
def call(function: Any, *args: Any) -> Any:
    """Call a function that is among the data, such as `.time.Now`."""
    if not isinstance(function, values.Func):
        raise GoError(f"non-function of type {values.type_name(function)}")
    return function.function(*args)
