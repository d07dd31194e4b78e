"""The reference of everything that a template or condition can call: `docs/functions.md`.

`python -m notifier.languages.reference > docs/functions.md` writes it from the registries; a test
compares. The examples of the registries are tests of their own, those of methods are run here.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from notifier.languages import expr
from notifier.languages.expr.builtins import registry as builtins
from notifier.languages.golang import durations, printing, runs, times, values
from notifier.languages.gotemplate import comparing, escaping, registry, sprig, standard
from notifier.languages.jinja import registry as jinja_registry

_HEAD: Final = """\
# Functions

Everything that a template or condition can call. Generated from the registries by
`python -m notifier.languages.reference`; each example is a test. What the languages are:
[Templates and conditions](templates.md).
"""

_GO: Final = """\
## Go templates

Types are Go's: `list` is `[]any`, `dict` is `map[string]any`, `time` is `time.Time`. A number of an
object is a `float64`. The value of a pipeline is the last argument. An output in quotation marks
shows line breaks as `\\n`.
"""

_OFF: Final = """\
### Off unless allowed

They block, or take up to seconds in which nothing else happens, so a template that names one is
refused. The operator may allow them by name for the central ConfigMap, in the setting
[`templates.allow_functions`](cli.md#settings-of-notifier-run), and one rendering makes ten such
calls at most. All but `derivePassword` and `getHostByName` need libraries that
`pip install 'rollout-notifier[crypto]'` brings. What is made by chance differs at each rendering.
"""

_JINJA: Final = """\
## Jinja

The value before the bar or the `is` is not among the arguments shown; `=` shows what an argument is
if it is not given.
"""

_EXPR: Final = """\
## Conditions

The builtins of expr; operators and syntax are those of the
[language definition](https://expr-lang.org/docs/language-definition). What may be of
several types is `any`, what stands in brackets may be left out, and a predicate is an expression on
`#`, the item.
"""

_METHODS: Final = """\
## Times and durations

`time.Now()` and `time.Parse("2026-11-20T09:30:00Z")` give times in conditions; in Go templates they
are written `call .time.Now` and `call .time.Parse "…"`, and a method `(call .time.Now).Year`. The
methods are [those of Go](https://pkg.go.dev/time#Time). In the examples, `at` is
2026-11-20 09:30:00 UTC and `lasting` is 1h30m10.5s.
"""

_CONSTANTS: Final = {"=None": "=none", "=False": "=false", "=True": "=true"}
_ENDLESS: Final = 1_000
"""From so many arguments on, any number is meant."""

_MOMENT: Final = times.parse("2006-01-02 15:04", "2026-11-20 09:30")
_LASTING: Final = durations.parse("1h30m10.5s")
_ARGUMENTS: Final = {
    "int": "1",
    "string": '"15:04"',
    "time.Duration": 'duration("1h")',
    "time.Time": 'time.Parse("2026-11-20T12:00:00Z")',
    "*time.Location": 'timezone("Asia/Tokyo")',
}
"""What examples give to methods."""
_BYTES: Final = "[]uint8"

Row = tuple[str, str, str, str]
Item = TypeVar("Item", registry.Function, jinja_registry.Registered)


def text() -> str:
    """Return the whole page."""
    parts = [_HEAD, _GO, *_go(), _OFF, _off(), _JINJA, *_jinja(), _EXPR, *_expr(), _METHODS]
    parts += [_methods("at", _MOMENT), _methods("lasting", _LASTING)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _table(first: str, rows: Iterable[Row]) -> str:
    lines = [f"| {first} | What it does | Example | Gives |", "| --- | --- | --- | --- |"]
    for called, does, example, output in rows:
        cells = (called, does.replace("|", "\\|"), _code(example), _code(_shown(output)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _grouped(items: Iterable[Item]) -> Iterable[list[Item]]:
    """Put together what has several names."""
    same: dict[Any, list[Item]] = {}
    for each in items:
        same.setdefault(each.call, []).append(each)
    return same.values()


def _names(signature: str, others: Iterable[Item]) -> str:
    return ", ".join([_code(signature), *(_code(each.name) for each in others)])


def _code(written: str) -> str:
    """Return a text as code in a table."""
    fence = "``" if "`" in written else "`"
    return f"{fence}{written}{fence}".replace("|", "\\|")


def _shown(output: str) -> str:
    """Return an output, in quotation marks where it would not be seen as it is."""
    plain = output == output.strip() and output.isprintable() and output
    return output if plain else json.dumps(output, ensure_ascii=False)


# --- Go templates ------------------------------------------------------------------------------


def _go() -> Iterator[str]:
    """Yield a heading and a table for each family of functions."""
    yield "### Built in"
    modules = (standard, comparing, escaping)
    yield _table("Function", [row for each in modules for row in _go_rows(registry.ALL, each)])
    for name in sprig.__all__:
        yield f"### Sprig: {name}"
        yield _table("Function", _go_rows(registry.ALL, getattr(sprig, name)))


def _off() -> str:
    functions = registry.allowed(registry.OFF)
    return _table("Function", _go_rows({name: functions[name] for name in registry.OFF}))


def _go_rows(functions: Mapping[str, registry.Function], module: Any = None) -> list[Row]:
    """Return the functions, of one module if one is given."""
    chosen = [
        each
        for each in functions.values()
        if module is None or each.call.__module__ == module.__name__
    ]
    return [
        (_names(_go_signature(one), others), one.doc, one.example, one.output)
        for one, *others in _grouped(chosen)
    ]


def _go_signature(function: registry.Function) -> str:
    variadic = [f"...{function.variadic}"] if function.variadic else []
    return f"{function.name}({', '.join([*function.parameters, *variadic])}) {function.result}"


# --- Jinja -------------------------------------------------------------------------------------


def _jinja() -> Iterator[str]:
    kinds: Sequence[jinja_registry.Kind] = ("filter", "test", "function")
    for kind in kinds:
        yield f"### {kind.capitalize()}s"
        rows = [
            (_names(_jinja_signature(one), others), one.doc, with_data(one), one.output)
            for one, *others in _grouped(jinja_registry.named(kind).values())
        ]
        yield _table(kind.capitalize(), rows)


def _jinja_signature(item: jinja_registry.Registered) -> str:
    given = [*inspect.signature(item.call).parameters.values()]
    if item.kind != "function":
        given = given[1:]
    shown = ", ".join(str(each.replace(annotation=inspect.Parameter.empty)) for each in given)
    for python, jinja in _CONSTANTS.items():
        shown = shown.replace(python, jinja)
    return f"{item.name}({shown})" if shown else item.name


def with_data(item: jinja_registry.Registered) -> str:
    """Return the example behind the variables that it needs."""
    given = [
        f"{{% set {name} = {json.dumps(value).replace('null', 'none')} %}}"
        for name, value in item.data.items()
    ]
    return "".join([*given, item.example])


# --- conditions --------------------------------------------------------------------------------


def _expr() -> Iterator[str]:
    rows = [
        (_code(_expr_signature(each)), each.doc, each.example, each.result)
        for each in sorted(builtins.FUNCTIONS.values(), key=lambda each: each.name)
    ]
    yield _table("Builtin", rows)


def _expr_signature(function: builtins.Function) -> str:
    """Return what a builtin takes, over all its overloads; brackets around what may be left out."""
    endless = function.most > _ENDLESS
    counts = (function.least, function.least if endless else function.most)
    overloads = [
        [_expr_type(each.type) for each in one.parameters] for one in function.overloads
    ] or [["any"] * count for count in counts]
    least, most = min(map(len, overloads)), max(map(len, overloads))
    shown = []
    for place in range(most):
        kinds = dict.fromkeys(one[place] for one in overloads if place < len(one))
        kind = "/".join(kinds)
        shown.append(f"[{kind}]" if place >= least else kind)
    if endless:
        shown.append("...")
    return f"{function.name}({', '.join(shown)})"


def _expr_type(name: str) -> str:
    return "predicate" if name.startswith("func(") else name.replace("interface {}", "any")


# --- methods -----------------------------------------------------------------------------------


def _methods(name: str, receiver: values.GoObject) -> str:
    """Return the methods of a value, each called once; those on bytes are only named."""
    lines = [f"| Method of `{receiver.TYPE}` | Example | Gives |", "| --- | --- | --- |"]
    others = []
    for method, entry in sorted(receiver.METHODS.items()):
        if _BYTES in entry.parameters:
            others.append(method)
            continue
        arguments = ", ".join(_ARGUMENTS[kind] for kind in entry.parameters)
        example = f"{name}.{method}({arguments})"
        found = _evaluated(example, {name: receiver, "time": times.library(_MOMENT)})
        if isinstance(found, bytes):
            others.append(method)
            continue
        signature = _code(f"{method}({', '.join(entry.parameters)})")
        only = " (conditions only)" if entry.results > 1 else ""
        shown = _code(_shown(printing.text(found)))
        lines.append(f"| {signature}{only} | {_code(example)} | {shown} |")
    table = "\n".join(lines)
    return f"{table}\n\nOn bytes: {', '.join(map(_code, others))}." if others else table


def _evaluated(example: str, data: Mapping[str, Any]) -> Any:
    return expr.compile(example).run(data, runs.Run())


if __name__ == "__main__":
    sys.stdout.write(text())
