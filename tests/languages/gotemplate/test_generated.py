"""Generated templates: whatever they are, they end in a text or in an error of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import gotemplate
from notifier.languages.golang import runs, times, values
from notifier.languages.gotemplate import registry

DATA = {
    "s": "abc",
    "n": 7.0,
    "t": True,
    "nul": None,
    "l": [1.0, "two", None, [3.0]],
    "m": {"a": 1.0, "b": {"c": "d"}},
    "e": "",
    "secrets": values.BytesMap({"k": b"v"}),
    "time": times.library(times.from_unix(0)),
    "ts": "2026-11-20T10:31:44Z",
}
LIMITS = replace(runs.TENANT, steps=3_000, built=100_000, text=20_000)

names = st.sampled_from(sorted(registry.ALL))
fields = ". $ $x .s .n .t .nul .nul.x .l .m .m.b.c .e .none .s.x .secrets.k .time.Now now.Year"
literals = "nil true 0 -1 1.5 'a' 1i 0x10"
atoms = st.sampled_from(f"{fields} {literals}".split()) | st.sampled_from(
    ["(call .time.Parse .ts)", '"a"', "`b`", '"%d %v"', '"2006"', '""']
)


def _commands(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operands = st.lists(atoms | inner.map(lambda text: f"({text})"), max_size=3)
    calls = st.tuples(names, operands).map(lambda call: " ".join([call[0], *call[1]]))
    stages = st.lists(calls, min_size=1, max_size=2)
    return stages.map(" | ".join) | st.tuples(atoms, calls).map(" | ".join)


pipelines = st.recursive(atoms, _commands, max_leaves=8)


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    kinds = ["if", "with", "range", "range $x :=", "range $i, $x :="]
    blocks = st.tuples(st.sampled_from(kinds), pipelines, inner, inner).map(
        lambda parts: f"{{{{{parts[0]} {parts[1]}}}}}{parts[2]}{{{{else}}}}{parts[3]}{{{{end}}}}"
    )
    jumps = st.sampled_from(["{{break}}", "{{continue}}", '{{template "a" .}}', "text"])
    return st.lists(blocks | jumps | inner, max_size=3).map("".join)


actions = st.tuples(st.sampled_from(["", "$x := ", "$x = "]), pipelines).map(
    lambda parts: f"{{{{{parts[0]}{parts[1]}}}}}"
)
templates = st.recursive(actions, _statements, max_leaves=6)


def outcome(text: str, data: Any = DATA) -> str | gotemplate.TemplateError:
    """Execute a text; anything but a template's error passes through."""
    try:
        return gotemplate.parse(text, limits=LIMITS).execute(data, runs.Run(LIMITS))
    except gotemplate.TemplateError as error:
        return error


@given(templates)
def test_templates(text: str) -> None:
    """A template of known pieces gives the same outcome twice; a text is one for every encoder."""
    text = "{{$x := 1}}" + text + '{{define "a"}}{{.}}{{end}}'
    first, second = outcome(text), outcome(text)
    assert str(first) == str(second)
    assert str(first).encode() or first == ""


@given(st.text(st.sampled_from("{}-/* .$x1\"'`|():=,\nnilendifrag"), max_size=60))
def test_any_text(text: str) -> None:
    """Any text is a template or refused with the place of the fault inside the text."""
    found = outcome("{{" + text)
    if isinstance(found, gotemplate.ParseError):
        assert 1 <= found.line <= text.count("\n") + 1
        assert 1 <= found.column <= len(text) + 3


@given(st.text(max_size=80))
def test_plain_text(text: str) -> None:
    """A text without an action is itself."""
    text = text.replace("{{", "")
    assert outcome(text) == text


@given(st.recursive(st.none() | st.floats() | st.text() | st.booleans(), st.lists, max_leaves=5))
def test_any_data(value: object) -> None:
    """Any value can be printed, tested and looped over, or is refused."""
    found = outcome("{{.}}{{if .}}{{else}}{{end}}{{range .}}{{.}}{{end}}", value)
    assert isinstance(found, str) or "range can't iterate over" in found.message
