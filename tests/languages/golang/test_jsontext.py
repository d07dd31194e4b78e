"""JSON is written and read byte for byte as Go does."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import jsontext, runs, times
from notifier.languages.golang.durations import Duration
from notifier.languages.golang.values import (
    MISSING,
    BytesMap,
    Func,
    GoError,
    Int64,
    NilDict,
    NilStrings,
    Sealed,
    Strings,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "null", id="nil"),
        pytest.param(MISSING, "null", id="missing"),
        pytest.param(NilStrings(), "null", id="nil list"),
        pytest.param(NilDict(), "null", id="nil map"),
        pytest.param(True, "true", id="bool"),
        pytest.param(Int64(-7), "-7", id="int64"),
        pytest.param([], "[]", id="empty list"),
        pytest.param({}, "{}", id="empty map"),
        pytest.param({"b": [1, "x"], "a": None}, '{"a":null,"b":[1,"x"]}', id="sorted"),
        pytest.param(Strings(["a"]), '["a"]', id="[]string"),
        pytest.param(b"v\xff", '"dv8="', id="bytes"),
        pytest.param(BytesMap({"k": b"v"}), '{"k":"dg=="}', id="secrets"),
        pytest.param("<a & b>", '"\\u003ca \\u0026 b\\u003e"', id="html"),
        pytest.param('"\\/', '"\\"\\\\/"', id="quotes"),
        pytest.param("\b\f\n\r\t\x01\x7f", '"\\b\\f\\n\\r\\t\\u0001\x7f"', id="controls"),
        pytest.param("é\u2028\u2029", '"é\\u2028\\u2029"', id="separators"),
        pytest.param("a\udcffé", '"a\\ufffdé"', id="invalid byte"),
        pytest.param(times.from_unix(0, 5), '"1970-01-01T00:00:00.000000005Z"', id="time"),
        pytest.param(Duration(5), "5", id="duration"),
        pytest.param(times.from_unix(0).location, "{}", id="location"),
    ],
)
def test_marshal(value: Any, text: str) -> None:
    """Keys are sorted, HTML is escaped, bytes are base64, times RFC 3339."""
    assert jsontext.marshal(value) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1e6, "1000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (-2.5e-9, "-2.5e-9"),
        (5e-324, "5e-324"),
    ],
)
def test_numbers(number: float, text: str) -> None:
    """Exponents begin at 1e21 and below 1e-6."""
    assert jsontext.marshal(number) == text


def test_marshal_raw() -> None:
    """HTML stays as it is on request, keys too."""
    assert jsontext.marshal({"<": "&>"}, escape_html=False) == '{"<":"&>"}'
    assert jsontext.marshal({"<": 1}) == '{"\\u003c":1}'


def test_marshal_indented() -> None:
    """Several lines, but nothing between the brackets of what is empty."""
    value = {"a": [1, {"b": {}}], "c": []}
    assert jsontext.marshal(value, indent="  ") == (
        '{\n  "a": [\n    1,\n    {\n      "b": {}\n    }\n  ],\n  "c": []\n}'
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.nan, "json: unsupported value: NaN"),
        ([math.inf], "json: unsupported value: +Inf"),
        (1j, "json: unsupported type: complex128"),
        (Func(len, (), "func() time.Time"), "json: unsupported type: func() time.Time"),
        ({1: 2}, "json: unsupported type: map[interface {}]interface {}"),
        (Sealed("text", "numbers"), "a secret can be printed, but not changed or looked into"),
        (times.date((10_000, 1, 1), (0, 0, 0, 0), times.zero().location), "Time.MarshalJSON: "),
    ],
)
def test_marshal_refuses(value: Any, message: str) -> None:
    """What JSON cannot hold is an error in Go's words."""
    with pytest.raises(GoError) as caught:
        jsontext.marshal(value)
    assert str(caught.value).startswith(message)


def test_marshal_is_charged() -> None:
    """Endless and doubling values are refused before memory goes."""
    endless: dict[str, Any] = {}
    endless["self"] = endless
    doubling: Any = "x"
    for _ in range(60):
        doubling = [doubling, doubling]
    for value in (endless, doubling, ["x" * 1_000_000] * 10):
        with pytest.raises(runs.Exceeded):
            jsontext.marshal(value)


@given(JSON)
def test_what_is_written_reads_back(value: Any) -> None:
    """Written by Go's rules, read by ours and by Python's."""
    for indent in ("", "  "):
        text = jsontext.marshal(value, indent=indent)
        assert jsontext.unmarshal(text) == value
        assert json.loads(text, parse_int=float) == value


@given(JSON)
def test_every_number_that_is_read_is_a_float(value: Any) -> None:
    """As in Go, where JSON has no integers."""

    def check(part: Any) -> None:
        assert type(part) is not int
        if isinstance(part, list):
            for item in part:
                check(item)
        if isinstance(part, dict):
            for item in part.values():
                check(item)

    check(jsontext.unmarshal(json.dumps(value)))
    assert type(jsontext.unmarshal("[1]")[0]) is float


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' \t\r\n{"a":1,"a":2} ', {"a": 2.0}),
        ('"\\ud83d\\ude80"', "🚀"),
        ('"\\ud800"', "\ufffd"),
        ('{"\\udc00x":["\\ud800\\u0041",1]}', {"\ufffdx": ["\ufffdA", 1.0]}),
        ('"\udcff"', "\ufffd"),
        ("-0", -0.0),
    ],
)
def test_unmarshal(text: str, value: Any) -> None:
    """The last of equal keys wins; halves of pairs and invalid bytes are U+FFFD."""
    assert jsontext.unmarshal(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("[1,", "unexpected end of JSON input"),
        ("[1,]", "invalid character ']' at offset"),
        ("{'a':1}", "invalid character"),
        ("01", "invalid character '1'"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("-Infinity", "invalid character '-' looking for beginning of value"),
        ('"\n"', "invalid character '\\n'"),
        ("1e400", "json: cannot unmarshal number 1e400 into Go value of type float64"),
        ("1 2", "invalid character '2'"),
        ("[" * 20_000 + "]" * 20_000, "exceeded max depth"),
    ],
)
def test_unmarshal_refuses(text: str, message: str) -> None:
    """What is no JSON is an error."""
    with pytest.raises(GoError) as caught:
        jsontext.unmarshal(text)
    assert str(caught.value).startswith(message)


def test_unmarshal_is_charged() -> None:
    """A text of many tiny items is refused before they are made."""
    with pytest.raises(runs.Exceeded, match="list of more than"):
        jsontext.unmarshal("[" + "[]," * 100_000 + "[]]")
