"""The grammar of templates: what is refused when a text is loaded, where, and in whose words."""

from __future__ import annotations

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate import registry

REFUSED = [
    ("{{truncate .x}}", 'function "truncate" not defined', 1, 3, "truncate"),
    ("a\nb {{if .x}}{{$y}}{{end}}", 'undefined variable "$y"', 2, 14, "$y"),
    ("{{if .a}}{{else with .b}}{{end}}", "unexpected <with> in input", 1, 17, "with"),
    ("{{with .a}}{{else if .b}}{{end}}", "unexpected <if> in input", 1, 19, "if"),
    ("{{range .a}}{{else range .b}}{{end}}", "unexpected <range> in else", 1, 20, "range"),
    ("{{break}}", "{{break}} outside {{range}}", 1, 3, "break"),
    (
        "{{range .a}}{{else}}{{continue}}{{end}}",
        "{{continue}} outside {{range}}",
        1,
        23,
        "continue",
    ),
    ("{{range .a}}{{break 1}}{{end}}", 'unexpected "1" in {{break}}', 1, 21, "1"),
    ("{{$a, $b := .x}}", "too many declarations in command", 1, 5, ","),
    ("{{range $a, $b, $c := .x}}{{end}}", "too many declarations in range", 1, 15, ","),
    ("{{range $a, .x}}{{end}}", "range can only initialize variables", 1, 13, ".x"),
    ('{{if .x}}{{define "y"}}{{end}}{{end}}', "unexpected <define> in command", 1, 12, "define"),
    (
        '{{define "x"}}1{{end}}{{define "x"}}2{{end}}',
        'multiple definition of template "x"',
        1,
        43,
        "}}",
    ),
    ("{{define x}}{{end}}", 'unexpected "x" in define clause', 1, 10, "x"),
    ('{{define "x"}}{{else}}{{end}}', "unexpected {{else}} in define clause", 1, 17, "else"),
    ("{{template .x}}", 'unexpected ".x" in template clause', 1, 12, ".x"),
    ('{{block "x"}}{{end}}', "missing value for block clause", 1, 12, "}}"),
    ("{{}}", "missing value for command", 1, 3, "}}"),
    ("{{if}}{{end}}", "missing value for if", 1, 5, "}}"),
    ("{{$x := }}", "missing value for command", 1, 9, "}}"),
    ("{{.x | 1}}", "non executable command in pipeline stage 2", 1, 9, "}}"),
    ("{{| .x}}", 'unexpected "|" in command', 1, 3, "|"),
    ("{{f | | g}}", 'function "f" not defined', 1, 3, "f"),
    ("{{print | | print}}", 'unexpected "|" in command', 1, 11, "|"),
    ("{{print (}}", "unclosed left paren", 1, 10, ""),
    ("{{1.x}}", 'bad number syntax: "1.x"', 1, 3, ""),
    ("{{true.x}}", 'unexpected . after term "true"', 1, 7, ".x"),
    ('{{"a".x}}', 'unexpected . after term "\\"a\\""', 1, 6, ".x"),
    ("{{nil.x}}", 'unexpected . after term "nil"', 1, 6, ".x"),
    ("{{.x,}}", 'unexpected "," in operand', 1, 5, ","),
    ("{{end}}", "unexpected {{end}}", 1, 3, "end"),
    ("{{end 1}}", 'unexpected "1" in end', 1, 7, "1"),
    ("{{if .x}}", "unexpected EOF", 1, 10, ""),
    ("{{break", "unclosed action", 1, 8, ""),
    ("{{if .x}}{{else}}{{else}}{{end}}", "expected end; found {{else}}", 1, 20, "else"),
    ("{{-}}", 'illegal number syntax: "-"', 1, 3, "-"),
    ("{{18446744073709551616}}", 'integer overflow: "18446744073709551616"', 1, 3, None),
    ("{{''}}", "invalid syntax", 1, 3, "''"),
    ("{{0x1i}}", 'illegal number syntax: "0x1i"', 1, 3, "0x1i"),
    ("{{1i+2i}}", "syntax error scanning complex number", 1, 3, "1i+2i"),
    ('{{"\\z"}}', "invalid syntax", 1, 3, '"\\z"'),
    ('{{template "\\z"}}', "invalid syntax", 1, 12, '"\\z"'),
    ("{{.averyverylongname,}}", 'unexpected "," in operand', 1, 21, ","),
    ("{{.x averyverylongname}}", 'function "averyverylongname" not defined', 1, 6, None),
    ("{{define averyverylongname}}", 'unexpected "averyveryl"... in define clause', 1, 10, None),
    ("{{.rollout.spec.containers[0]}}", "bad character U+005B '['", 1, 27, ""),
    ('{{.x\n\\"y\\"}}', 'unexpected "\\\\" in operand', 2, 1, "\\"),
]


@pytest.mark.parametrize(
    ("text", "message", "line", "column", "piece"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_refused(text: str, message: str, line: int, column: int, piece: str | None) -> None:
    """A faulty text is refused with Go's words and the place of the fault."""
    with pytest.raises(gotemplate.ParseError) as caught:
        gotemplate.parse(text)
    error = caught.value
    assert (error.message, error.line, error.column) == (message, line, column)
    assert piece is None or error.text == piece


ACCEPTED = [
    "{{.x |}}",
    "{{range $i, $v := .l}}{{end}}",
    "{{$v := .l}}{{range $i, $v}}{{end}}",
    "{{with $x := .a}}{{else}}{{$x}}{{end}}",
    "{{if .a}}{{$y := 1}}{{else}}{{$y}}{{end}}",
    "{{$x = 1}}",
    '{{template "nowhere"}}',
    "{{if .a}}{{else if .b}}{{else if .c}}{{else}}{{end}}",
    "{{with .a}}{{else with .b}}{{else}}{{end}}",
    '{{define "x"}} {{end}}{{define "x"}}1{{end}}{{define "x"}}\n{{end}}',
    "{{range .a}}{{if .b}}{{break}}{{else}}{{continue}}{{end}}{{end}}",
    "{{range .a}}{{range .b}}{{else}}{{break}}{{end}}{{end}}",
    "{{.s 1}}{{1 2}}{{nil}}",
    "{{upper}}",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    """What Go only finds wrong when it is executed, if at all, is loaded."""
    assert gotemplate.parse(text)


def test_hint_for_a_slip() -> None:
    """An unknown function is answered with the nearest one there is."""
    with pytest.raises(gotemplate.ParseError) as caught:
        gotemplate.parse("{{trimm .x}}")
    assert caught.value.hint == "did you mean trim?"
    with pytest.raises(gotemplate.ParseError) as caught:
        gotemplate.parse("{{zzzzzzzzzzz .x}}")
    assert caught.value.hint == ""


def test_functions_switched_off() -> None:
    """An expensive function is refused, naming the setting; who allows it passes it."""
    with pytest.raises(gotemplate.ParseError) as caught:
        gotemplate.parse('{{bcrypt "x"}}')
    assert caught.value.message == 'function "bcrypt" is switched off'
    assert "templates.allowFunctions" in caught.value.hint
    allowed = {**registry.ALL, "bcrypt": registry.ALL["upper"]}
    assert gotemplate.parse('{{bcrypt "x"}}', functions=allowed).execute({}, runs.Run()) == "X"


@pytest.mark.parametrize("name", ["env", "expandenv"])
def test_functions_that_do_not_exist(name: str) -> None:
    """The environment cannot be read, whatever is set."""
    with pytest.raises(gotemplate.ParseError, match="not defined"):
        gotemplate.parse(f'{{{{{name} "HOME"}}}}')
