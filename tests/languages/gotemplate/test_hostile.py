"""Templates that mean harm: each ends early, with an error of its own kind (security.md, S3).

What is bounded is counted in steps, characters and levels; time and memory follow from them.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs, values

SMALL = replace(runs.TENANT, steps=2_000, built=20_000, text=5_000, items=1_000)
DATA: dict[str, Any] = {
    "long": "x" * 4_000,
    "list": ["x"] * 900,
    "deep": "[" * 3_000 + "]" * 3_000,
    "s": "abc",
    "f": False,
}


def execute(text: str, limits: runs.Limits = SMALL) -> str:
    """Parse and execute within limits."""
    return gotemplate.parse(text, limits=limits).execute(DATA, runs.Run(limits))


NESTED = {
    "parentheses": "{{" + "(" * 10_000 + "1" + ")" * 10_000 + "}}",
    "conditions": "{{if .}}" * 3_000 + "{{end}}" * 3_000,
    "loops": "{{range .list}}" * 300 + "{{end}}" * 300,
    "stages": "{{1" + "|print" * 5_000 + "}}",
    "mixed": "{{if .}}{{with (((.)))}}" * 100 + "{{end}}{{end}}" * 100,
}


@pytest.mark.parametrize("text", NESTED.values(), ids=list(NESTED))
def test_nesting(text: str) -> None:
    """What is nested too deeply is refused before anything can overflow."""
    with pytest.raises(gotemplate.ParseError, match=r"nested (too deeply|more than 200 levels)"):
        gotemplate.parse(text)


def test_deep_enough() -> None:
    """As deep as the limit allows, a template works."""
    limits = replace(runs.CENTRAL, nesting=100)
    assert execute("{{" + "(" * 99 + "1" + ")" * 99 + "}}", limits) == "1"
    assert execute("{{if .}}" * 99 + "x" + "{{end}}" * 99, limits) == "x"
    assert execute("{{1" + "|print" * 99 + "}}", limits) == "1"
    assert execute("{{if .f}}" + "{{else if .f}}" * 500 + "{{else}}x{{end}}") == "x"


SECRETS = {"secrets": values.BytesMap({"k": values.Sealed("TEXT", "NUMBERS")})}


def test_secrets_are_printed() -> None:
    """A sealed secret prints what stands for it, as bytes or as text, and is true."""
    template = gotemplate.parse("{{.secrets.k}} {{print .secrets.k}} {{if .secrets.k}}!{{end}}")
    assert template.execute(SECRETS, runs.Run()) == "NUMBERS NUMBERS !"


@pytest.mark.parametrize(
    "text",
    [
        "{{len .secrets.k}}",
        "{{index .secrets.k 0}}",
        "{{index .secrets `k` 0}}",
        "{{range .secrets.k}}{{.}}{{end}}",
        "{{eq .secrets.k `TEXT`}}",
        "{{eq .secrets.k .secrets.k}}",
        "{{lt .secrets.k `TEXT`}}",
        "{{upper .secrets.k}}",
        "{{.secrets.k.x}}",
    ],
)
def test_secrets_are_not_looked_into(text: str) -> None:
    """Nothing can be learned of a sealed secret."""
    with pytest.raises(gotemplate.ExecError):
        gotemplate.parse(text).execute(SECRETS, runs.Run())


@pytest.mark.parametrize(
    "text",
    ["{{1}}" * 4_000, "{{print " + "1 " * 11_000 + "}}", "{{or " + "(eq 1 1) " * 4_000 + "}}"],
    ids=["actions", "arguments", "calls"],
)
def test_dense_source(text: str) -> None:
    """What holds too much for its length is refused while it is cut, not after it is compiled."""
    with pytest.raises(gotemplate.ParseError, match="more than 10000 words and signs: split"):
        gotemplate.parse(text)


def test_source_length() -> None:
    """A text that is too long is not looked at."""
    with pytest.raises(gotemplate.ParseError, match="longer than 32768 characters"):
        gotemplate.parse("x" * 32_769, limits=runs.TENANT)


ENDLESS = {
    "loop": "{{range 1000000000}}{{end}}",
    "loops": "{{range 1000000000}}{{range 1000000000}}x{{end}}{{end}}",
    "nodes": "{{range 1000}}{{.}}{{.}}{{.}}{{.}}{{end}}",
    "operands": "{{range 1000}}{{if and true true true true true}}{{end}}{{end}}",
    "calls": "{{range 1000}}{{$x := len `a`}}{{end}}",
    "doubling": "".join(
        f'{{{{define "{n}"}}}}{{{{template "{n + 1}"}}}}{{{{template "{n + 1}"}}}}{{{{end}}}}'
        for n in range(60)
    )
    + '{{define "60"}}x{{end}}{{template "0"}}',
    "reading": "{{range 500}}{{$x := contains `y` $.long}}{{end}}",
    "reading lists": "{{range 500}}{{$x := has `y` $.list}}{{end}}",
    "comparing": "{{range 500}}{{if lt $.long $.long}}{{end}}{{end}}",
    "keys": "{{$x := dict}}{{range $.list}}{{$y := set $x (print (len $x)) 1}}{{end}}",
    "value": "{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}{{$x}}",
    "json": "{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}{{toJson $x}}",
    "equality": "{{$x := list 1}}{{range 40}}{{$x = list $x $x}}{{end}}{{has $x (list $x)}}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=list(ENDLESS))
def test_steps(text: str) -> None:
    """Work is counted, and ends when it has taken too many steps."""
    with pytest.raises(gotemplate.ExecError, match="takes more than 2000 steps"):
        execute(text)


LARGE = {
    "width": '{{printf "%1000000d" 1}}',
    "width by argument": '{{printf "%*d" 900000 1}}',
    "repeat": '{{repeat 1000000000 "x"}}',
    "until": "{{until 1000000000}}",
    "sequence": "{{seq 1 1000000000}}",
    "chance": "{{randAlpha 1000000000}}",
    "growing text": "{{$x := `abcd`}}{{range 50}}{{$x = print $x $x}}{{end}}",
    "escapes": "{{range 90}}{{$x := html $.long}}{{end}}",
    "replaced": '{{replace "x" .long .long}}',
    "growing list": "{{$x := .list}}{{range 50}}{{$x = concat $x $x}}{{end}}",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=list(LARGE))
def test_sizes(text: str) -> None:
    """What would be large is charged before it is built, so it never is."""
    tracemalloc.start()
    try:
        with pytest.raises(gotemplate.ExecError, match=r"builds (more|a (text|list) of more) than"):
            execute(text)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    ["{{range 300}}{{$.long}}{{end}}", "{{range 300}}" + "y" * 4_000 + "{{end}}"],
    ids=["values", "text"],
)
def test_output(text: str) -> None:
    """Output is measured before it is put together."""
    tracemalloc.start()
    try:
        with pytest.raises(gotemplate.ExecError, match="prints more than 65536 characters"):
            execute(text)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_recursion() -> None:
    """A template that calls itself for ever ends at the limit of depth."""
    text = '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}'
    with pytest.raises(gotemplate.ExecError, match=r"exceeded maximum template depth \(100\)"):
        execute(text)


def test_recursion_through_nested_blocks() -> None:
    """Deep calls from deep inside blocks end in an error of the template too."""
    inside = "{{if .}}" * 100 + '{{template "a" .}}' + "{{end}}" * 100
    with pytest.raises(gotemplate.ExecError, match="nested too deeply"):
        execute(f'{{{{define "a"}}}}{inside}{{{{end}}}}{{{{template "a" 1}}}}', runs.CENTRAL)


def test_values_that_hold_themselves() -> None:
    """A map that was put into itself can be neither printed nor written as JSON."""
    for shown in ("{{$x}}", "{{toJson $x}}", "{{print $x}}", '{{printf "%v" $x}}'):
        with pytest.raises(gotemplate.ExecError):
            execute("{{$x := dict}}{{$y := set $x `a` $x}}" + shown)


def test_deep_json() -> None:
    """JSON nested too deeply is refused, and nothing overflows."""
    with pytest.raises(gotemplate.ExecError):
        execute("{{mustFromJson .deep}}")


@pytest.mark.parametrize(
    "probe",
    [
        "{{.__class__.__mro__}}",
        "{{.s.__class__}}",
        "{{.s.format}}",
        "{{(call .f)}}",
        "{{.list.append 1}}",
        "{{(index .list 0).upper}}",
        "{{now.__init__.__globals__}}",
        "{{now.second}}",
        "{{(semver `1.2.3`).major}}",
    ],
)
def test_attributes_of_python(probe: str) -> None:
    """No attribute of a Python object can be reached: it is an error, or a key that is missing."""
    assert _outcome(probe) in ("<no value>", "refused")


def _outcome(text: str) -> str:
    try:
        return execute(text)
    except gotemplate.TemplateError:
        return "refused"


def test_stack_and_memory_end_as_errors() -> None:
    """Whatever Python says of its limits, the caller sees an error of the language."""

    def exhausted() -> None:
        raise MemoryError

    data = {"f": values.Func(exhausted, (), "func()")}
    with pytest.raises(gotemplate.ExecError, match="takes more memory than there is"):
        gotemplate.parse("{{call .f}}").execute(data, runs.Run())
    deep = "{{" + "(print " * 190 + "1" + ")" * 190 + "}}"
    with pytest.raises(gotemplate.ParseError, match="nested too deeply"):
        _deep(lambda: gotemplate.parse(deep), 400)


def test_the_stack_of_the_caller_does_not_matter() -> None:
    """From however far down the stack, a text compiles or is nested too deeply."""
    text = "{{" + "(and 1 " * 100 + "1" + ")" * 100 + "}}"
    for frames in range(0, 800, 20):
        try:
            _deep(lambda: gotemplate.parse(text), frames)
        except gotemplate.ParseError as error:
            assert error.message == "nested too deeply"  # noqa: PT017 - either way is right


def _deep(call: Callable[[], Any], frames: int) -> Any:
    """Call from some way down the stack, as a caller in the middle of its work does."""
    return call() if not frames else _deep(call, frames - 1)
