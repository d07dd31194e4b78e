"""Nothing in a text or its data gets out of the limits, or raises what is no `ExprError`."""

from __future__ import annotations

import string
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.languages import expr
from notifier.languages.expr import grammar, limits
from notifier.languages.golang import runs
from tests.languages.expr import evaluating

BOMB = "let a = 1..1000; " + "".join(
    f"let {name} = [{', '.join([held] * 10)}]; " for held, name in pairwise("abcde")
)
"""A list of ten million numbers, made of fifty."""


def failure(text: str, data: Mapping[str, Any]) -> expr.ExprError | None:
    """Return the error of a text, None if it has a value that can be shown."""
    try:
        expr.show(evaluating.run(text, data))
    except expr.ExprError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("len(1..1000000)", "memory budget"),
        ("1..9223372036854775807", "memory budget"),
        ("map(1..999999, 1..999999)", "memory budget"),
        ("repeat('a', 1000000)", "memory budget"),
        ("repeat(repeat('abc', 1000), 1000)", "memory budget"),
        ("reduce(1..100000, #acc + repeat('a', 100), '')", "characters"),
        ("let x = 1..500000; map(1..100000, x[1:])", "memory budget"),
        ("let x = repeat('a,', 100000); map(1..1000, split(x, ','))", "characters|steps|memory"),
        ("let x = 1..400000; count(1..10000, # in x)", "steps"),
        ("let x = repeat('a', 500000); count(1..400000, x contains 'b')", "steps"),
        ("let x = repeat('a', 60000); count(1..400000, x matches '(a*)*b')", "steps"),
        (
            "let x = repeat('a', 300000) + 'a'; let y = x[1:] + 'b'; count(1..400000, x == y)",
            "steps",
        ),
        ("map(1..200000, 1.5 ** #)", "steps"),
        ("map(1..200000, date('2024-01-01').Format('Monday'))", "steps"),
        ("let x = 1..900; uniq(map(1..100000, #))", "steps"),
        (BOMB + "e == e", "steps"),
        (BOMB + "{a: e} == {a: flatten(d)}", "memory|steps"),
        (BOMB + "string(e)", "characters"),
        (BOMB + "toJSON(e)", "steps|characters"),
        (BOMB + "flatten(e)", "memory"),
        ("count(1..1000, count(1..1000, count(1..1000, true) > -1) > -1)", "steps|memory"),
    ],
    ids=lambda value: value[-40:],
)
def test_bounded(text: str, reason: str) -> None:
    """What would take too much memory or time is stopped, soon."""
    with pytest.raises(expr.EvalError, match=reason):
        evaluating.run(text)


def test_tenants_have_a_small_part_of_the_steps() -> None:
    """Their conditions run on the event loop: what takes seconds centrally ends at once."""
    assert evaluating.run("count(1..9000, true)", limits=runs.TENANT) == 9_000
    with pytest.raises(expr.EvalError, match="more than 20000 steps"):
        evaluating.run("let x = 1..9000; count(x, 0 in x)", limits=runs.TENANT)


def test_what_upstream_allows_works() -> None:
    """The memory budget is the original's to the unit."""
    assert evaluating.run("len(1..999999)") == limits.MEMORY - 1


def test_a_scope_with_shorter_lists_has_a_smaller_budget() -> None:
    """Tenants' lists end earlier than the central ones."""
    assert evaluating.run("len(1..9999)", limits=runs.TENANT) == 9_999
    with pytest.raises(expr.EvalError, match="memory budget"):
        evaluating.run("len(1..10000)", limits=runs.TENANT)


def test_too_long_to_show() -> None:
    """A result that holds itself many times over is not written out."""
    with pytest.raises(expr.EvalError, match="builds more than"):
        expr.show(evaluating.run(BOMB + "e"))


def test_deep_data() -> None:
    """Data that is nested past Python's stack is an error of the evaluation."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    other: list[Any] = []
    for _ in range(100_000):
        other = [other]
    with pytest.raises(expr.EvalError, match="nested"):
        evaluating.run("a == b", {"a": deep, "b": other})


@pytest.mark.parametrize(
    "text", ["a" + ".b" * 4000, "a" + "[0]" * 3000, "a" + " | string()" * 3000]
)
def test_long_chains(text: str) -> None:
    """A chain past Python's stack is an error of the text."""
    with pytest.raises(expr.CompileError, match="nested"):
        expr.compile(text)


@pytest.mark.parametrize("name", ["__class__", "__globals__", "keys", "func", "METHODS", "text"])
def test_no_attributes(name: str) -> None:
    """No name reaches an attribute of Python."""
    for value in ("s", "l", "n", "time.Now", "secrets.token", "time.Now()", "groupBy(l, 1)"):
        for text in (f"{value}.{name}", f"{value}[{name!r}]", f"get({value}, {name!r})"):
            try:
                found = evaluating.run(text)
            except expr.ExprError:
                continue
            assert not found
    assert evaluating.run(f"m.{name}") is None


WORDS = (
    *grammar.BINARY,
    *grammar.UNARY,
    *grammar.PREDICATES,
    *("(", ")", "[", "]", "{", "}", ",", ";", ":", "?", "?.", ".", "#", "#acc", "#index", "let"),
    *("if", "else", "=", "nil", "true", "false", "1", "0", "2.5", "'a'", "''", "b'x'", "$env"),
    *("a", "b.c", "l", "m", "s", "n", "t", "unknown", "x", "len", "get", "split", "toJSON"),
    *("keys", "sort", "type", "int", "date", "first"),
)

DATA = {"a": 1.0, "l": [1.0, "a", None, [True]], "m": {"a": {"b": 2.0}}, "s": "h\u00e9", "t": True}


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
@settings(max_examples=1500, deadline=None)
def test_words_in_any_order(text: str) -> None:
    """Words of the language in any order give a value or an `ExprError`."""
    error = failure(text, DATA)
    assert error is None or (error.message and error.line >= 1)


@given(st.text(st.sampled_from(string.printable + "\u00e9\u2028\ud800\U0001f600"), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_characters(text: str) -> None:
    """Any text at all gives a value or an `ExprError`."""
    error = failure(text, DATA)
    assert error is None or error.column >= 1


def expressions() -> st.SearchStrategy[str]:
    """Return well-formed expressions over `DATA`."""
    leaves = st.sampled_from(
        ["1", "2.5", "'a'", "nil", "true", "a", "l", "m.a", "s", "t", "[1, 2]", "{a: 1}", "1..3"]
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(list(grammar.BINARY)[1:]), inner),
            st.builds("{}({})".format, st.sampled_from(["len", "type", "string", "-", "!"]), inner),
            st.builds(
                "{}({}, {{{}}})".format, st.sampled_from(list(grammar.PREDICATES)), inner, inner
            ),
            st.builds("({} ? {} : {})".format, inner, inner, inner),
            st.builds("({})?.b".format, inner),
            st.builds("({})[{}]".format, inner, inner),
            st.builds("(let v = {}; v)".format, inner),
        ),
        max_leaves=12,
    )


@given(expressions())
@settings(max_examples=800, deadline=None)
def test_well_formed(text: str) -> None:
    """A well-formed expression parses; it fails each time in the same way, or never."""
    first, second = failure(text, DATA), failure(text, DATA)
    assert first is None or "unexpected token" not in first.message
    assert repr(first) == repr(second)
