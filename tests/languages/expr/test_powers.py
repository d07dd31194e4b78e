"""Powers are Go's to the last bit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.expr import powers

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("base", "exponent", "result"),
    [
        (2.0, 10.0, 1024.0),
        (2.0, -1.0, 0.5),
        (0.5, 0.5, math.sqrt(0.5)),
        (4.0, -0.5, 0.5),
        (-4.0, 0.5, NAN),
        (-8.0, 1 / 3, NAN),
        (-2.0, 3.0, -8.0),
        (NAN, 0.0, 1.0),
        (1.0, NAN, 1.0),
        (NAN, 1.0, NAN),
        (NAN, 2.0, NAN),
        (0.0, -1.0, INF),
        (-0.0, -1.0, -INF),
        (-0.0, -2.0, INF),
        (0.0, -INF, INF),
        (0.0, 2.0, 0.0),
        (INF, -1.0, 0.0),
        (-INF, 3.0, -INF),
        (0.5, INF, 0.0),
        (10.0, 400.0, INF),
        (-10.0, 401.0, -INF),
        (10.0, -400.0, 0.0),
        (2.0, 1e19, INF),
        (0.5, 1e19, 0.0),
        (-1.0, 1e19, 1.0),
        (1.5, 100000.0, INF),
        (1.5, 2.5, 2.7556759606310757),
        (7.0, 0.3, 1.792789962520997),
        (1.1, 7.7, 2.083165026409527),
        (123.456, -2.75, 1.771501178246138e-06),
        (0.001, 1.6, 1.584893192461112e-05),
    ],
)
def test_power(base: float, exponent: float, result: float) -> None:
    """Special values, whole and broken exponents."""
    found = powers.power(base, exponent)
    assert found == result or (math.isnan(found) and math.isnan(result))


@given(st.floats(1e-3, 1e3), st.floats(-30, 30))
def test_close_to_the_library(base: float, exponent: float) -> None:
    """The last bits may differ from C's, no more."""
    assert math.isclose(powers.power(base, exponent), math.pow(base, exponent), rel_tol=1e-13)
