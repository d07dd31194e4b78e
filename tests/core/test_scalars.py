"""Scalars as Go prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import scalars


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (None, "<nil>"),
        (True, "true"),
        (False, "false"),
        (12345, "12345"),
        (1.10, "1.1"),
        (1.0, "1"),
        (0.0, "0"),
        (-0.0, "-0"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (123456.7, "123456.7"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e100, "1e+100"),
        (12345678901.0, "1.2345678901e+10"),
        (float("nan"), "NaN"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        ({"b": [1, None]}, '{"b":[1,null]}'),
    ],
    ids=repr,
)
def test_text(value: object, expected: str) -> None:
    """Each scalar has Go's default form."""
    assert scalars.text(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back(value: float) -> None:
    """The text of a float is that float."""
    assert float(scalars.text(value)) == value
