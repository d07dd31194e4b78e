"""Builtins on texts."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from notifier.languages.expr import operators, showing
from notifier.languages.expr.builtins.registry import builtin
from notifier.languages.expr.containers import type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.limits import MEMORY
from notifier.languages.expr.operators import text
from notifier.languages.expr.state import State
from notifier.languages.golang import bytetexts, jsontext, letters
from notifier.languages.golang.values import GoError, NilStrings, Strings


@builtin("string(1.5)", "1.5", "any -> string", single=True)
def string(state: State, value: Any) -> str:
    """Return the value as `%v` prints it."""
    if type(value) is str:
        return value
    return showing.text(value, state.run)


@builtin("trim('  a ')", "a", "string -> string", "string, string -> string", arguments=(1, 2))
def trim(_: State, value: Any, cutset: Any = None) -> str:
    """Remove white space, or the characters of the second text, from both ends."""
    given = letters.SPACES if cutset is None else text(cutset)
    return text(value).strip(given) if given else text(value)


@builtin(
    "trimPrefix('HelloWorld', 'Hello')", "World",
    "string, string -> string", "string -> string",
    arguments=(1, 2), name="trimPrefix",
    lenient=True,
)  # fmt: skip
def trim_prefix(_: State, value: Any, prefix: Any = " ") -> str:
    """Remove a text from the start; a space if none is given."""
    return text(value).removeprefix(text(prefix))


@builtin(
    "trimSuffix('HelloWorld', 'World')", "Hello",
    "string, string -> string", "string -> string",
    arguments=(1, 2), name="trimSuffix",
    lenient=True,
)  # fmt: skip
def trim_suffix(_: State, value: Any, suffix: Any = " ") -> str:
    """Remove a text from the end; a space if none is given."""
    return text(value).removesuffix(text(suffix))


@builtin("upper('hello')", "HELLO", "string -> string", single=True)
def upper(state: State, value: Any) -> str:
    """Return the text in capitals."""
    state.text(len(text(value)))
    return letters.to_upper(value)


@builtin("lower('HELLO')", "hello", "string -> string", single=True)
def lower(state: State, value: Any) -> str:
    """Return the text in small letters."""
    state.text(len(text(value)))
    return letters.to_lower(value)


_SPLIT = ("string, string -> []string", "string, string, int -> []string")


@builtin("split('a,b,c', ',', 2)", '["a","b,c"]', *_SPLIT, arguments=(2, 3))
def split(state: State, value: Any, separator: Any, count: Any = -1) -> Strings:
    """Cut the text at a separator, into at most so many pieces."""
    return _pieces(state, text(value), text(separator), operators.to_int(count), kept="")


@builtin(
    "splitAfter('a,b,c', ',')", '["a,","b,","c"]', *_SPLIT, arguments=(2, 3), name="splitAfter"
)
def split_after(state: State, value: Any, separator: Any, count: Any = -1) -> Strings:
    """Cut the text after each separator, which stays with the piece before it."""
    kept = text(separator)
    return _pieces(state, text(value), kept, operators.to_int(count), kept=kept)


def _pieces(state: State, value: str, separator: str, count: int, *, kept: str) -> Strings:
    if count == 0:
        return NilStrings()
    most = len(value) if count < 0 else count - 1
    state.text(len(value))
    if separator:
        state.copy(min(value.count(separator), most) + 1)
        found = value.split(separator, most)
    else:
        state.copy(min(len(value), most + 1))
        found = [*value[:most], value[most:]] if most < len(value) else list(value)
    return Strings([piece + kept for piece in found[:-1]] + found[-1:])


@builtin(
    "replace('aaa', 'a', 'b', 2)", "bba",
    "string, string, string, int -> string", "string, string, string -> string",
    arguments=(3, 4),
)  # fmt: skip
def replace(state: State, value: Any, old: Any, new: Any, count: Any = -1) -> str:
    """Replace a text by another, at most so many times."""
    source, sought, put = text(value), text(old), text(new)
    most = operators.to_int(count)
    found = source.count(sought)
    times = found if most < 0 else min(found, most)
    state.text(len(source) + times * max(len(put) - len(sought), 0))
    return source.replace(sought, put, times)


@builtin("repeat('Hi', 3)", "HiHiHi", "string, int -> string", arguments=(2, 2), lenient=True)
def repeat(state: State, value: Any, count: Any) -> str:
    """Return the text so many times over."""
    times = operators.to_int(count)
    if times < 0:
        raise Fault(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > MEMORY:
        raise Fault("memory budget exceeded")
    length = bytetexts.size(text(value)) * times
    state.grow(length)
    state.text(length)
    return text(value) * times


@builtin(
    "join(['a', 'b'], ', ')", "a, b",
    "[]string, string -> string", "[]any, string -> string", "[]any -> string",
    "[]string, string -> string", "[]string -> string",
    arguments=(1, 2),
    lenient=True,
)  # fmt: skip
def join(state: State, values: Any, glue: Any = "") -> str:
    """Put texts together with another between them."""
    between = text(glue)
    if not isinstance(values, list) or type_name(values) not in _JOINABLE:
        raise Fault(f"invalid argument for join (type {type_name(values)})")
    parts = [text(value) for value in values]
    state.text(sum(map(len, parts)) + len(between) * max(len(parts) - 1, 0))
    return between.join(parts)


_JOINABLE = frozenset(("[]string", "[]interface {}"))


@builtin(
    "indexOf('apple pie', 'pie')",
    "6",
    "string, string -> int",
    arguments=(2, 2),
    name="indexOf",
    lenient=True,
)
def index_of(_: State, value: Any, sought: Any) -> int:
    """Return where a text first stands in another, in bytes; -1 if nowhere."""
    return bytetexts.encode(text(value)).find(bytetexts.encode(text(sought)))


@builtin(
    "lastIndexOf('apple pie', 'p')", "6", "string, string -> int",
    arguments=(2, 2), name="lastIndexOf",
    lenient=True,
)  # fmt: skip
def last_index_of(_: State, value: Any, sought: Any) -> int:
    """Return where a text last stands in another, in bytes; -1 if nowhere."""
    return bytetexts.encode(text(value)).rfind(bytetexts.encode(text(sought)))


@builtin(
    "hasPrefix('HelloWorld', 'Hello')", "true", "string, string -> bool",
    arguments=(2, 2), name="hasPrefix",
    lenient=True,
)  # fmt: skip
def has_prefix(_: State, value: Any, prefix: Any) -> bool:
    """Tell whether a text starts with another."""
    return text(value).startswith(text(prefix))


@builtin(
    "hasSuffix('HelloWorld', 'World')", "true", "string, string -> bool",
    arguments=(2, 2), name="hasSuffix",
    lenient=True,
)  # fmt: skip
def has_suffix(_: State, value: Any, suffix: Any) -> bool:
    """Tell whether a text ends with another."""
    return text(value).endswith(text(suffix))


@builtin("toJSON({'a': 1})", '{\n  "a": 1\n}', "any -> string", name="toJSON", lenient=True)
def to_json(state: State, value: Any) -> str:
    """Return the value as JSON, indented by two spaces."""
    return jsontext.marshal(value, indent="  ", run=state.run)


@builtin("fromJSON('[1, 2]')", "[1,2]", "string -> any", name="fromJSON", lenient=True)
def from_json(state: State, value: Any) -> Any:
    """Return the value that a JSON text holds; its numbers are floats."""
    state.copy(len(text(value)))
    return jsontext.unmarshal(value, state.run)


@builtin("toBase64('Hello')", "SGVsbG8=", "string -> string", name="toBase64", lenient=True)
def to_base64(state: State, value: Any) -> str:
    """Return the text in base 64."""
    data = bytetexts.encode(text(value))
    state.text(len(data) * 4 // 3 + 4)
    return base64.b64encode(data).decode()


@builtin("fromBase64('SGVsbG8=')", "Hello", "string -> string", name="fromBase64", lenient=True)
def from_base64(_: State, value: Any) -> str:
    """Return the text that base 64 stands for; line breaks in it do not count."""
    source = text(value).replace("\r", "").replace("\n", "")
    try:
        return bytetexts.decode(base64.b64decode(source, validate=True))
    except (binascii.Error, ValueError) as error:
        raise GoError("illegal base64 data") from error
