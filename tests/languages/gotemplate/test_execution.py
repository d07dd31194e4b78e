"""What templates print: each statement of the language over plain data, as Go prints it."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs, times, values

DATA: dict[str, Any] = {
    "s": "abc",
    "u": "hé",
    "n": 7.0,
    "big": 1234567.0,
    "fl": 1.5,
    "t": True,
    "f": False,
    "z": 0.0,
    "es": "",
    "l": [1.0, 2.0, 3.0],
    "el": [],
    "mix": [1.0, "two", None, {"k": "v"}],
    "m": {"b": 2.0, "a": 1.0},
    "em": {},
    "nul": None,
    "deep": {"x": {"y": "end"}},
    "nested": [[1.0, 2.0], [3.0]],
    "secrets": values.BytesMap({"k": b"v"}),
    "time": times.library(times.from_unix(0)),
    "ts": "2026-11-20T10:31:44Z",
}


def render(text: str, data: Any = DATA) -> str:
    """Parse and execute."""
    return gotemplate.parse(text).execute(data, runs.Run())


PRINTED = [
    # fields, missing keys and null
    ("", ""),
    ("a{{.s}}b", "aabcb"),
    ("{{.deep.x.y}}", "end"),
    ("{{.none}}|{{.deep.none.y.z}}|{{.nul}}", "<no value>|<no value>|<no value>"),
    ("{{(.nul).x}}{{$n := .nul}}{{$n.x}}", "<no value><no value>"),
    ("{{.deep.x}}", "map[y:end]"),
    ("{{print .nul .none}}", "<nil> <nil>"),
    ("{{.mix}}", "[1 two <nil> map[k:v]]"),
    ("{{.t}} {{.n}} {{.fl}} {{.big}} {{1}} {{1.0}} {{1i}}", "true 7 1.5 1.234567e+06 1 1 (0+1i)"),
    ("{{$.s}}{{$.deep.x.y}}", "abcend"),
    ("{{(index .mix 3).k}}", "v"),
    ("{{.secrets.k}} {{.secrets.none}} {{index .secrets `none`}}", "[118] <no value> []"),
    # constants
    ("{{'a'}} {{0x10}} {{010}} {{0b11}} {{1_000}} {{1e3}} {{-0}}", "97 16 8 3 1000 1000 0"),
    ("{{'\\xff'}} {{'é'}} {{0x1p4}} {{0xe}} {{.5}} {{1.}}", "255 233 16 14 0.5 1"),
    ("{{1+2i}} {{0i}} {{2+0i}}", "(1+2i) (0+0i) (2+0i)"),
    ("{{trunc 2.0 .s}} {{trunc 2+0i .s}} {{trunc '\\x01' .s}} {{trunc 1e0 .s}}", "ab ab a a"),
    ("{{printf `%T` 1}} {{printf `%T` 1.0}} {{printf `%T` 1i}}", "int float64 complex128"),
    ('{{"a\\tb"}}{{`c\\td`}}', "a\tbc\\td"),
    # pipelines and parentheses
    ("{{.s | upper | printf `%s-%s` `x`}}", "x-ABC"),
    ("{{print (len .s) (len .u)}}", "3 3"),
    ("{{.s | print | len}}", "3"),
    ("{{.none | print}}", "<nil>"),
    ("{{.nul | keys}}", "[]"),
    # if
    ("{{if .t}}1{{end}}{{if .f}}2{{else}}3{{end}}", "13"),
    ("{{if .z}}1{{else if .es}}2{{else if .s}}3{{else}}4{{end}}", "3"),
    ("{{if .none}}1{{else if .nul}}2{{end}}", ""),
    ("{{if .el}}1{{else}}2{{end}}{{if .em}}1{{else}}2{{end}}", "22"),
    ("{{if `0`}}1{{end}}{{if .time.Now}}2{{end}}{{if 0.0}}3{{end}}{{if 0i}}4{{end}}", "12"),
    ("{{if not .s}}1{{else}}2{{end}}", "2"),
    # with
    ("{{with .deep}}{{.x.y}}{{$.s}}{{end}}", "endabc"),
    ("{{with .none}}1{{else}}{{.s}}{{end}}", "abc"),
    ("{{with .es}}1{{else with .deep}}{{.x.y}}{{else}}3{{end}}", "end"),
    ("{{with .es}}1{{else with .f}}2{{else}}{{.s}}{{end}}", "abc"),
    ("{{with $x := .s}}{{$x}}{{.}}{{end}}", "abcabc"),
    # range
    ("{{range .l}}{{.}},{{end}}", "1,2,3,"),
    ("{{range $v := .l}}{{$v}}{{.}},{{end}}", "11,22,33,"),
    ("{{range $i, $v := .l}}{{$i}}{{$v}},{{end}}", "01,12,23,"),
    ("{{range .m}}{{.}}{{end}}{{range $k, $v := .m}}{{$k}}{{$v}}{{end}}", "12a1b2"),
    ("{{range .el}}1{{else}}{{.s}}{{end}}{{range .none}}1{{else}}2{{end}}", "abc2"),
    ("{{range .nul}}1{{else}}2{{end}}", "2"),
    (
        "{{range 3}}{{.}}{{end}}{{range -1}}1{{else}}2{{end}}{{range $i := 2}}{{$i}}{{end}}",
        "012201",
    ),
    ("{{range int64 2}}{{printf `%T` .}}{{end}}", "int64int64"),
    ("{{range .secrets.k}}{{.}}{{printf `%T` .}}{{end}}", "118uint8"),
    ("{{range .mix}}{{.}} {{end}}", "1 two <no value> map[k:v] "),
    ("{{range .nested}}{{range .}}{{.}}{{end}};{{end}}", "12;3;"),
    ("{{range .l}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{end}}", "13"),
    ("{{range .l}}{{if eq . 2.0}}{{break}}{{end}}{{.}}{{end}}", "1"),
    ("{{range .nested}}{{range $.none}}{{else}}x{{break}}{{end}}y{{end}}", "xyxy"),
    ("{{range .nested}}{{range $.none}}{{else}}x{{continue}}{{end}}y{{end}}", "xx"),
    ("{{range .lm}}1{{else}}{{range 1}}x{{break}}{{end}}{{end}}", "x"),
    ("{{range split `,` `b,a`}}{{.}}{{end}}{{range until 2}}{{.}}{{end}}", "ba01"),
    ("{{range $i, $v := .el}}1{{else}}{{$i}}{{$v}}{{end}}", "[][]"),
    ("{{range $v := .none}}1{{else}}{{$v}}{{end}}", "<no value>"),
    ("{{$v := 1}}{{range $v = .l}}{{$v}}{{end}}{{$v}}", "1233"),
    ("{{$i := 9}}{{$v := 9}}{{range $i, $v = .l}}{{end}}{{$i}}{{$v}}", "23"),
    # white space
    ("a {{- .s -}} b", "aabcb"),
    ("{{if .t}}\n1\n{{end}}\n", "\n1\n\n"),
    ("{{if .t -}}\n1\n{{- end}}", "1"),
    ("a\u00a0{{- 1}}", "a\u00a01"),
    ("a {{/* x */ -}} b", "a b"),
    # templates
    ('{{define "x"}}[{{.}}]{{end}}{{template "x" .s}}{{template "x"}}', "[abc][<no value>]"),
    ('{{define "x"}}{{$}}{{end}}{{template "x" 1}}', "1"),
    ('{{block "x" .deep}}{{.x.y}}{{end}}{{template "x" .}}', "end<no value>"),
    ('{{define "x"}}{{end}}{{template "x" .nul}}', ""),
    (
        '{{define "a"}}{{if .}}{{.}}{{template "a" (rest .)}}{{end}}{{end}}{{template "a" .l}}',
        "[1 2 3][2 3][3]",
    ),
    ('{{template "x" $y := 1}}{{define "x"}}{{.}}{{end}}{{$y}}', "11"),
    # builtins
    ("{{and 1 `` 2}}|{{and 1 2}}|{{or `` 0 3}}|{{or `` 0}}", "|2|3|0"),
    ("{{and .el (index .l 99)}}{{or .t (index .l 99)}}", "[]true"),
    ("{{.s | and .t}} {{.s | or .f}} {{.s | or .t}} {{.nul | or .f}}", "abc abc true <no value>"),
    ("{{not 1}} {{.f | not}} {{not .none}}", "false true true"),
    (
        "{{index .l 1}} {{index .m `a`}} {{index .m `none`}} {{index .nested 0 1}}",
        "2 1 <no value> 2",
    ),
    (
        "{{index .s 1}} {{index .secrets.k 0}} {{index .l (int64 0)}} {{index .l}}",
        "98 118 1 [1 2 3]",
    ),
    ("{{index (split `,` `a`) `none`}}|{{index (splitList `,` `a,b`) 1}}", "|b"),
    ("{{len .l}} {{len .m}} {{len .u}} {{len .secrets.k}} {{len .secrets}}", "3 2 3 1 1"),
    ("{{print 1 2 `a` 3 nil}} {{println `a` 1}}", "1 2a3 <nil> a 1\n"),
    (
        "{{html `<\"'&>`}} {{html .l}} {{html .nul 1}}",
        "&lt;&#34;&#39;&amp;&gt; [1 2 3] &lt;no value&gt;1",
    ),
    ("{{js `<a>'\"=&\\` 1}}", "\\u003Ca\\u003E\\'\\\"\\u003D\\u0026\\\\1"),
    ('{{js "\\n\\x01é\\u2028\\xff"}}', "\\u000A\\u0001é\\u2028\ufffd"),
    ("{{round 2.555 2 0.5}} {{round 1.5 0 1e0}}", "2.56 1"),
    ("{{(call .time.Now).AppendFormat nil `2006` | len}}", "4"),
    ("{{urlquery `a b&c/é~`}}", "a+b%26c%2F%C3%A9~"),
    ("{{call .time.Now}}", "1970-01-01 00:00:00 +0000 UTC"),
    ("{{deepEqual .time .time}} {{deepEqual .time.Now .time.Now}}", "true false"),
    # methods
    ("{{(call .time.Parse .ts).Year}} {{(call .time.Parse .ts).Format `2006`}}", "2026 2026"),
    ("{{$t := call .time.Parse .ts}}{{$t.Month}} {{`2006` | $t.Format}}", "November 2026"),
    ("{{(call .time.Parse .ts).Add 1000000000}}", "2026-11-20 10:31:45 +0000 UTC"),
    ("{{(call .time.Parse .ts).AddDate 0 1 0 | print}}", "2026-12-20 10:31:44 +0000 UTC"),
    ("{{((call .time.Parse .ts).Sub (call .time.Parse .ts)).Minutes}}", "0"),
    ("{{.none.x 1}}", "<no value>"),
    ("{{if (call .time.Parse .ts).Sub (call .time.Parse .ts)}}1{{else}}2{{end}}", "2"),
    ("{{(semver `1.2.3-b`).Prerelease}} {{(semver `1.2.3`).Major}}", "b 1"),
    # bytes that are no text
    ('{{"\\xff"}}{{"\\xc3"}}{{"\\xa9"}}', "\ufffdé"),
]


@pytest.mark.parametrize(("text", "expected"), PRINTED, ids=[case[0] for case in PRINTED])
def test_printed(text: str, expected: str) -> None:
    """A template prints what Go prints."""
    assert render(text) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [(None, "<no value>"), ("x", "x"), (1.0, "1"), ([1.0], "[1]"), ("\ud800", "\ufffd")],
)
def test_any_data(data: Any, expected: str) -> None:
    """The data may be any value, not only a map."""
    assert render("{{.}}", data) == expected


def test_the_templates_name() -> None:
    """A template may call itself by the name it was given."""
    text = '{{if .}}{{len .}}{{template "me" (rest .)}}{{end}}'
    assert gotemplate.parse(text, name="me").execute([1.0, 2.0], runs.Run()) == "21"


def test_a_definition_of_the_name_replaces_an_empty_text() -> None:
    """A text of nothing but a definition of its own name is that definition."""
    assert gotemplate.parse('{{define "me"}}1{{end}} ', name="me").execute(None, runs.Run()) == "1"


def test_executions_do_not_meet() -> None:
    """One compiled template serves any number of executions."""
    template = gotemplate.parse("{{$x := .}}{{range 2}}{{$x = print $x `!`}}{{end}}{{$x}}")
    assert [template.execute(data, runs.Run()) for data in ("a", "b")] == ["a!!", "b!!"]
