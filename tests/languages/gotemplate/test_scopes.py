"""Variables: where a name is seen, and which variable it means."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs

DATA: dict[str, Any] = {"l": [1.0, 2.0], "t": True, "f": False, "s": "abc", "m": {"a": "x"}}

SEEN = [
    ("{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"),
    ("{{$x := 1}}{{if .t}}{{$x = 2}}{{end}}{{$x}}", "2"),
    ("{{$x := 1}}{{if .t}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
    ("{{$x := 1}}{{$x := 2}}{{$x}}", "2"),
    ("{{$x := 1}}{{range .l}}{{$x = .}}{{end}}{{$x}}", "2"),
    ("{{$x := 1}}{{range .l}}{{$x := .}}{{end}}{{$x}}", "1"),
    ("{{$x := 1}}{{range $x := .l}}{{$x}}{{end}}{{$x}}", "121"),
    ("{{if $x := .s}}{{$x}}{{end}}{{if $x := .f}}1{{else}}{{$x}}{{end}}", "abcfalse"),
    ("{{if .f}}{{else if $x := .s}}{{$x}}{{else}}{{$x}}{{end}}", "abc"),
    ("{{with $x := .f}}1{{else with $y := .s}}{{$x}}{{$y}}{{end}}", "falseabc"),
    ("{{with .m}}{{$.s}}{{.a}}{{$x := .a}}{{with $.s}}{{$x}}{{end}}{{end}}", "abcxx"),
    ("{{$x := .s}}{{define `u`}}{{.}}{{end}}{{template `u` $x}}", "abc"),
    ("{{$x := print ($y := 1)}}{{$x}}{{$y}}", "11"),
    ("{{$ = 5}}{{$}}{{.s}}", "5abc"),
    # a declaration that may have been skipped
    ("{{$x := 1}}{{if or .t ($x := 2)}}{{$x}}{{end}}{{$x}}", "11"),
    ("{{$x := 1}}{{if and .t ($x := 2)}}{{$x}}{{end}}{{$x}}", "21"),
    ("{{$x := 1}}{{if or .t ($x := 2)}}{{$x = 3}}{{end}}{{$x}}", "3"),
    ("{{$x := 1}}{{if and .t ($x := 2)}}{{$x = 3}}{{end}}{{$x}}", "1"),
    ("{{$x := 9}}{{range .l}}{{if or (eq . 2.0) ($x := .)}}{{$x}}{{end}}{{end}}", "19"),
    ("{{$x := 9}}{{if or .f (and .f ($x := 2))}}{{else}}{{$x}}{{end}}", "9"),
    ("{{$x := 9}}{{if or .f (and .t ($x := 2))}}{{$x}}{{end}}", "2"),
]


@pytest.mark.parametrize(("text", "expected"), SEEN, ids=[case[0] for case in SEEN])
def test_seen(text: str, expected: str) -> None:
    """A name means the variable that Go finds under it."""
    assert gotemplate.parse(text).execute(DATA, runs.Run()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{if .t}}{{$x := 1}}{{end}}{{$x}}",
        "{{range $x := .l}}{{end}}{{$x}}",
        "{{$x := 1}}{{define `t`}}{{$x}}{{end}}",
        "{{$x := 1}}{{block `t` .}}{{$x}}{{end}}",
        "{{$x := $y := 1}}",
    ],
)
def test_out_of_sight(text: str) -> None:
    """A variable is not seen after the end of its block, nor in another template."""
    with pytest.raises(gotemplate.ParseError):
        gotemplate.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{if or .t ($x := 2)}}{{$x}}{{end}}",
        "{{if or .t ($x := 2)}}{{$x = 1}}{{end}}",
        "{{$x = 1}}{{$x}}",
        "{{if .f}}{{$x := 1}}{{else}}{{$x = 2}}{{end}}",
        "{{range $x = .l}}{{end}}",
        "{{$x := $x}}",
    ],
)
def test_never_declared(text: str) -> None:
    """A variable whose declaration was not executed is an error when it is used."""
    with pytest.raises(gotemplate.ExecError, match=r"undefined variable: \$x"):
        gotemplate.parse(text).execute(DATA, runs.Run())
