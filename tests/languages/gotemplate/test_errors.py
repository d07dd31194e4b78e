"""What fails while a template is executed: Go's words, the place, the offending piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs, times, values

DATA: dict[str, Any] = {
    "s": "abc",
    "n": 7.0,
    "fl": 1.5,
    "t": True,
    "l": [1.0, 2.0],
    "lm": [None],
    "m": {"a": 1.0},
    "nul": None,
    "secrets": values.BytesMap({"k": b"v"}),
    "time": times.library(times.from_unix(0)),
    "ts": "2026-11-20T10:31:44Z",
}


def failure(text: str, data: Any = DATA) -> gotemplate.ExecError:
    """Execute a template that fails, and return how."""
    with pytest.raises(gotemplate.ExecError) as caught:
        gotemplate.parse(text).execute(data, runs.Run())
    return caught.value


FAILING = [
    # fields
    ("{{.nul.x}}", "nil pointer evaluating interface {}.x", ".nul.x"),
    ("{{range .lm}}{{.x}}{{end}}", "nil pointer evaluating interface {}.x", ".x"),
    ("{{.s.x}}", "can't evaluate field x in type interface {}", ".s.x"),
    ("{{with .s}}{{.x}}{{end}}", "can't evaluate field x in type string", ".x"),
    ("{{.l.x}}", "can't evaluate field x in type interface {}", ".l.x"),
    ("{{(print .s).x}}", "can't evaluate field x in type string", "(print .s).x"),
    ("{{$x := .s}}{{$x.y}}", "can't evaluate field y in type string", "$x.y"),
    ("{{.m.a 1}}", "a is not a method but has arguments", ".m.a"),
    ("{{.s | .m.a}}", "a is not a method but has arguments", ".m.a"),
    ("{{(print .s).x 1}}", "can't evaluate field x in type string", "(print .s).x"),
    ("{{.time.Now}}", "can't print .time.Now of type func() time.Time", ".time.Now"),
    ("{{.time.Now.x}}", "can't evaluate field x in type interface {}", ".time.Now.x"),
    ("{{.time.Parse .ts}}", "Parse is not a method but has arguments", ".time.Parse"),
    # methods
    ("{{(call .time.Now).wall}}", "can't evaluate field wall in type time.Time", None),
    ("{{(call .time.Now).Nope 1}}", "can't evaluate field Nope in type time.Time", None),
    ("{{(call .time.Now).__class__}}", "can't evaluate field __class__ in type time.Time", None),
    ("{{(call .time.Now).Format}}", "wrong number of args for Format: want 1 got 0", None),
    ("{{(call .time.Now).Format 1}}", "expected string; found 1", "1"),
    ("{{(call .time.Now).Format .n}}", "wrong type for value; expected string; got float64", ".n"),
    ("{{(call .time.Now).Year 1}}", "wrong number of args for Year: want 0 got 1", None),
    (
        "{{.n | (call .time.Now).Format}}",
        "wrong type for value; expected string; got float64",
        None,
    ),
    ("{{(call .time.Now).Zone}}", "function Zone has 2 return values; should be 1", None),
    ("{{(call .time.Now).In nil}}", "cannot assign nil to *time.Location", "nil"),
    # things that are no functions
    ("{{.s 1}}", "s is not a method but has arguments", ".s"),
    ("{{1 2}}", "can't give argument to non-function 1", "1"),
    ("{{. | $}}", "can't give argument to non-function $", "$"),
    ("{{.s | (print 1)}}", "can't give argument to non-function print 1", "print 1"),
    ("{{nil}}", "nil is not a command", "nil"),
    ("{{if nil}}{{end}}", "nil is not a command", "nil"),
    ("{{9223372036854775808}}", "9223372036854775808 overflows int", "9223372036854775808"),
    ("{{print 9223372036854775808}}", "9223372036854775808 overflows int", None),
    # arguments
    ("{{upper}}", "wrong number of args for upper: want 1 got 0", "upper"),
    ("{{.s | upper .s}}", "wrong number of args for upper: want 1 got 2", "upper"),
    ("{{printf}}", "wrong number of args for printf: want at least 1 got 0", "printf"),
    ("{{upper 3}}", "expected string; found 3", "3"),
    ("{{upper nil}}", "cannot assign nil to string", "nil"),
    ("{{upper .n}}", "wrong type for value; expected string; got float64", ".n"),
    ("{{upper .none}}", "invalid value; expected string", ".none"),
    ("{{.none | upper}}", "invalid value; expected string", None),
    ("{{upper .nul}}", "wrong type for value; expected string; got interface {}", ".nul"),
    ("{{.nul | upper}}", "invalid value; expected string", None),
    ("{{trunc .n .s}}", "wrong type for value; expected int; got float64", ".n"),
    ("{{trunc (add 1 1) .s}}", "wrong type for value; expected int; got int64", "add 1 1"),
    ("{{trunc 1.5 .s}}", "expected integer; found 1.5", "1.5"),
    ("{{trunc `1` .s}}", "expected integer; found `1`", "`1`"),
    ("{{ternary 1 2 3}}", "expected bool; found 3", "3"),
    ("{{ternary 1 2 .none}}", "invalid value; expected bool", ".none"),
    ("{{get 1 `a`}}", "can't handle 1 for arg of type map[string]interface {}", "1"),
    (
        "{{get .nul `a`}}",
        "wrong type for value; expected map[string]interface {}; got interface {}",
        None,
    ),
    ("{{get .secrets `k`}}", None, ".secrets"),
    ("{{set .none `a` 1}}", "error calling set: assignment to entry in nil map", None),
    # builtins
    ("{{index .nul 1}}", "error calling index: index of untyped nil", "index .nul 1"),
    ("{{index .none `x`}}", "error calling index: index of untyped nil", None),
    ("{{index .m `x` `y`}}", "error calling index: index of nil pointer", None),
    ("{{index .l 2}}", "error calling index: index out of range: 2", "index .l 2"),
    ("{{index .l -1}}", "error calling index: index out of range: -1", None),
    ("{{index .l .n}}", "error calling index: cannot index slice/array with type float64", None),
    ("{{index .l nil}}", "error calling index: cannot index slice/array with nil", None),
    ("{{index .l true}}", "error calling index: cannot index slice/array with type bool", None),
    ("{{index .m 1}}", "error calling index: value has type int; should be string", None),
    ("{{index .m nil}}", "error calling index: value is nil; should be of type string", None),
    ("{{index .n 1}}", "error calling index: can't index item of type float64", None),
    ("{{len .n}}", "error calling len: len of type float64", "len .n"),
    ("{{len .nul}}", "error calling len: len of nil pointer", "len .nul"),
    ("{{slice .s 1}}", None, None),
    ("{{and}}", "wrong number of args for and: want at least 1 got 0", "and"),
    ("{{.s.x | and .nul}}", "can't evaluate field x in type interface {}", ".s.x"),
    ("{{not}}", "wrong number of args for not: want 1 got 0", "not"),
    ("{{call}}", "wrong number of args for call: want at least 1 got 0", "call"),
    ("{{call .nul}}", "error calling call: call of nil", "call .nul"),
    ("{{call .s}}", "error calling call: non-function .s of type string", "call .s"),
    ("{{.s | call}}", "error calling call: non-function function of type string", None),
    (
        "{{call .time.Parse}}",
        "error calling call: wrong number of args for .time.Parse: got 0 want 1",
        None,
    ),
    (
        "{{call .time.Parse 1}}",
        "error calling call: arg 0: value has type int; should be string",
        None,
    ),
    (
        "{{call .time.Parse nil}}",
        "error calling call: arg 0: value is nil; should be of type string",
        None,
    ),
    ("{{call .time.Parse .s}}", None, "call .time.Parse .s"),
    # comparison
    (
        "{{eq .n 1}}",
        "error calling eq: incompatible types for comparison: float64 and int",
        "eq .n 1",
    ),
    ("{{eq .s 1 .s}}", "error calling eq: incompatible types for comparison: string and int", None),
    ("{{eq}}", "wrong number of args for eq: want at least 1 got 0", "eq"),
    ("{{eq .s}}", "error calling eq: missing argument for comparison", "eq .s"),
    ("{{eq .l .l}}", "error calling eq: non-comparable type []interface {}", "eq .l .l"),
    ("{{eq .l .m}}", "error calling eq: non-comparable type map[string]interface {}", None),
    ("{{ne .s 1}}", "error calling ne: incompatible types for comparison: string and int", None),
    ("{{lt .nul 1}}", "error calling lt: invalid type for comparison", "lt .nul 1"),
    ("{{lt 1 .n}}", "error calling lt: incompatible types for comparison: int and float64", None),
    ("{{lt true false}}", "error calling lt: invalid type for comparison", None),
    ("{{gt .l .l}}", "error calling gt: invalid type for comparison", None),
    # statements
    ("{{range .s}}{{end}}", "range can't iterate over .s", ".s"),
    ("{{range .n}}{{end}}", "range can't iterate over .n", ".n"),
    ("{{range .t}}{{end}}", "range can't iterate over .t", ".t"),
    (
        "{{range $i, $v := 3}}{{end}}",
        "can't use $i, $v := 3 to iterate over more than one variable",
        None,
    ),
    ('{{template "x"}}', 'template "x" not defined', "template x"),
    ("{{$x = 1}}", "undefined variable: $x", "$x"),
    ("{{if .none}}{{$x := 1}}{{else}}{{$x}}{{end}}", "undefined variable: $x", "$x"),
]


@pytest.mark.parametrize(("text", "message", "piece"), FAILING, ids=[case[0] for case in FAILING])
def test_failing(text: str, message: str | None, piece: str | None) -> None:
    """A template that Go fails on fails, in Go's words and with the piece that is to blame."""
    error = failure(text)
    assert message is None or error.message == message
    assert piece is None or error.text == piece


def _fail(_: Any) -> None:
    raise values.GoError("no such luck")


class Point(values.GoObject):
    """A struct with a field, and a method that fails."""

    TYPE = "main.Point"
    METHODS: ClassVar[Mapping[str, values.Method]] = {"Fail": values.Method(_fail)}
    FIELDS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {"X": lambda _: 1}


def test_fields_of_structs() -> None:
    """A field of a struct can be read, but takes no arguments."""
    assert gotemplate.parse("{{.p.X}}").execute({"p": Point()}, runs.Run()) == "1"
    error = failure("{{.p.X 1}}", {"p": Point()})
    assert error.message == "X has arguments but cannot be invoked as function"


def test_failing_methods() -> None:
    """A method that fails is an error of the template, with the method's own words."""
    assert failure("{{.p.Fail}}", {"p": Point()}).message == "error calling Fail: no such luck"


def test_place() -> None:
    """The error stands at the piece that failed."""
    error = failure("line\n  {{ if .s }}é{{ upper .n }}{{end}}")
    assert (error.line, error.column, error.text) == (2, 24, ".n")


def test_place_in_a_definition() -> None:
    """The lines of a definition are those of the whole text."""
    error = failure('{{template "x" .}}\n{{define "x"}}\n{{.nul.x}}{{end}}')
    assert (error.line, error.column) == (3, 3)


def test_nothing_else_than_the_piece() -> None:
    """An error names the template's own text and types, never a value."""
    error = failure("{{upper .token}}", {"token": 12345.0})
    assert "12345" not in str(error)
    assert error.text == ".token"


def test_faults_of_ours_are_errors_of_the_call() -> None:
    """A function that breaks is no more than an error of the template, as a panic is in Go."""
    broken = values.Func(lambda: {}["x"], (), "func() string")
    assert failure("{{call .f}}", {"f": broken}).message == "error calling call: KeyError"
