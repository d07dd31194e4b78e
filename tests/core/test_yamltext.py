"""YAML as upstream reads it, bounded, with the place of every node."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import yamltext
from notifier.core.errors import ConfigError
from notifier.core.yamltext import Limits, Place


def value_of(text: str) -> object:
    """Return the value of a plain scalar as a mapping's value."""
    document = yamltext.read(f"a: {text}\n").value
    assert isinstance(document, dict)
    return document["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("-7", -7),
        ("0x1F", 31),
        ("-0x1", -1),
        ("0o17", 15),
        ("017", 15),
        ("0b11", 3),
        ("08", 8.0),
        ("1_000", 1000),
        ("1.10", 1.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("9999999999999999999999", 1e22),
        ("18446744073709551615", 2**64 - 1),
        ("yes", True),
        ("On", True),
        ("no", False),
        ("OFF", False),
        ("y", True),
        ("~", None),
        ("null", None),
        ("", None),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z"),
        ("-", "-"),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("'yes'", "yes"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int 1", 1),
        ("!!float 1", 1.0),
        ("!!bool yes", True),
        ("!!null ~", None),
    ],
)
def test_scalars(text: str, expected: object) -> None:
    """The resolver table is YAML 1.1 without timestamps and base-60 numbers."""
    found = value_of(text) if text != "-" else value_of("'-'")
    assert found == expected
    assert type(found) is type(expected)


def test_block_scalars_keep_their_final_newline() -> None:
    """Nothing is trimmed."""
    assert value_of("|\n  x\n  y\n") == "x\ny\n"


def test_places() -> None:
    """Every value and key has line and column, counted from 1."""
    document = yamltext.read("a:\n  - b: 1\n    c: |\n      x\n      y\n")
    assert document.place("a", 0, "b") == Place(2, 8)
    assert document.key_place("a", 0, "c") == Place(3, 5)
    assert document.place("a", 0, "c") == Place(3, 8, block=True)
    assert document.place("a", 0, "c").line_of(2) == 5
    assert document.place("a", 0, "b").line_of(1) == 2
    assert document.place("a", 0, "b").line_of(0) == 2
    assert document.place("a", 7, "no") == document.place("a")
    assert document.key_place("a", 7) == document.place("a")
    assert yamltext.NOWHERE.line_of(3) == 0


def test_duplicate_keys_keep_the_last_and_report_both_lines() -> None:
    """The last one counts; both places are known."""
    document = yamltext.read("a: 1\nb: 2\na: 3\n")
    assert document.value == {"a": 3, "b": 2}
    (duplicate,) = document.duplicates
    assert (duplicate.path, duplicate.first.line, duplicate.last.line) == (("a",), 1, 3)


def test_merge_keys_and_aliases() -> None:
    """Written keys win over merged ones, the first merged mapping over the second."""
    document = yamltext.read(
        "a: &a {x: 1, w: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], w: 3}\nd: {<<: *a}\ne: *b\n"
        "f: {<<: *a, <<: *b}\n"
    )
    assert document.value["c"] == {"x": 1, "w": 3, "z": 2}
    assert document.value["d"] == {"x": 1, "w": 1}
    assert document.value["e"] == {"x": 2, "z": 2}
    assert document.value["f"] == {"x": 1, "w": 1, "z": 2}


def test_an_anchored_key_can_be_an_alias() -> None:
    """Keys and scalars carry anchors too."""
    assert yamltext.read("&k a: &v 1\nb: *v\n*k : 2\n").value == {"a": 2, "b": 1}


def test_keys_become_texts() -> None:
    """Keys are JSON's: numbers and booleans are written out."""
    assert yamltext.read("1: a\nyes: b\n1.50: c\n").value == {"1": "a", "true": "b", "1.5": "c"}


def test_only_the_first_document_counts() -> None:
    """`read` takes the first, `read_all` all of them."""
    assert yamltext.read("a: 1\n---\nb: [\n").value == {"a": 1}
    assert [each.value for each in yamltext.read_all("a: 1\n---\nb: 2\n")] == [{"a": 1}, {"b": 2}]
    assert yamltext.read("").value is None
    assert yamltext.read("# nothing\n").value is None


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "fix"),
    [
        ("message: {{.x}} y\n", 1, 17, "not valid YAML", "quote it"),
        ("a:\n  message: {{.x}}\n", 2, 13, "no text", "quote it"),
        ("- {% if x %}\n", 1, 4, "not valid YAML", "quote it"),
        ("a:\n\tb: 1\n", 2, 1, "not valid YAML", "spaces"),
        ("a: [1\nb: 2\n", 2, 2, "not valid YAML", ""),
        ("a: !!python/object:x 1\n", 1, 4, "!!python/object:x is not accepted", "leave"),
        ("a: !!binary aGk=\n", 1, 4, "!!binary is not accepted", "leave"),
        ("a: !!set {x}\n", 1, 4, "!!set is not accepted", "leave"),
        ("a: !!int x\n", 1, 4, "'x' is no int", ""),
        ("a: !!int yes\n", 1, 4, "'yes' is no int", ""),
        ("a: &a [*a]\n", 1, 8, "refers to itself", "quote it"),
        ("a: *z\n", 1, 4, "not defined above", "quote it"),
        ("a: {<<: 1}\n", 1, 5, "merge key", ""),
        ("a: {<<: [1]}\n", 1, 5, "merge key", ""),
        ("? [a]\n: 1\n", 1, 3, "no text", "a key is a text"),
        ("~: 1\n", 1, 1, "no text", "a key is a text"),
        ('a: "\x00"\n', 0, 0, "not valid YAML", ""),
        ("a: \ud800\n", 0, 0, "not valid YAML", ""),
    ],
)
def test_faults_name_place_and_fix(
    text: str, line: int, column: int, message: str, fix: str
) -> None:
    """Each fault says where it is and what to write."""
    with pytest.raises(ConfigError) as caught:
        yamltext.read(text)
    problem = caught.value.problem
    assert message in problem.message
    assert fix in problem.fix
    assert (problem.line, problem.column) == (line, column)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "2000 nodes"),
        ("[" * 60_000, "deeper than 20"),
        ("{a: " * 15_000, "deeper than 20"),
        ("- " * 30_000, "deeper than 20"),
        ("? " * 30_000, "deeper than 20"),
        ("a: &a " + "[" * 12 + "]" * 12 + "\nb: " + "[" * 12 + "*a" + "]" * 12, "deeper than 20"),
        ("- a\n" * 3_000, "2000 nodes"),
        ("*a " * 20_000, "not defined"),
        ('"' + "a" * 70_000, "longer than 64 KiB"),
        ("é" * 40_000, "longer than 64 KiB"),
        ("a: '" + "\n" * 60_000, "not valid YAML"),
    ],
    ids=[
        "laughs",
        "list",
        "map",
        "dash",
        "query",
        "alias",
        "wide",
        "stars",
        "long",
        "bytes",
        "open",
    ],
)
@pytest.mark.usefixtures("no_collection")
def test_bombs_are_refused_at_once(text: str, message: str) -> None:
    """A bomb ends within milliseconds, before anything is built (security.md S5)."""
    started = time.process_time()
    with pytest.raises(ConfigError, match=message):
        yamltext.read(text)
    assert time.process_time() - started < 0.1


def test_limits_are_those_given() -> None:
    """A manifest may be larger than a value."""
    text = "- a\n" * 3_000
    assert len(yamltext.read(text, Limits(nodes=5_000)).value) == 3_000


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but `ConfigError` comes out."""
    try:
        yamltext.read(text)
    except ConfigError as error:
        assert error.problem.message  # noqa: PT017 - either way is right
