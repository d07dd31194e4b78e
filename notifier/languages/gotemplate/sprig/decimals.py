"""Sprig's fractions: decimal arithmetic (shopspring/decimal 1.4), extremes and rounding.

The arithmetic is exact on the shortest decimal digits of its operands, but for division, which
keeps 16 digits after the point; the result is the nearest float (trap 27).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from notifier.languages.golang import numbers, runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts

_DIVISION: Final = 10**16
_HALF: Final = 0.5


@register("any -> float64", '{{float64 "1.5"}}', "1.5")
def float64(value: Any) -> float:
    """Return the value as a float, 0 if it is no number."""
    return casts.floating(value)


@register("any -> float64", "{{add1f 1.5}}", "2.5", metered=True)
def add1f(run: runs.Run, value: Any) -> float:
    """Return the value plus one."""
    return _computed(run, Fraction.__add__, value, (1,))


@register("...any -> float64", "{{addf 0.1 0.2}}", "0.3", metered=True)
def addf(run: runs.Run, *values: Any) -> float:
    """Return the sum of the values."""
    return _computed(run, Fraction.__add__, 0, values)


@register("any, ...any -> float64", "{{subf 0.3 0.1}}", "0.2", metered=True)
def subf(run: runs.Run, first: Any, *others: Any) -> float:
    """Return the first value minus all others."""
    return _computed(run, Fraction.__sub__, first, others)


@register("any, ...any -> float64", "{{mulf 1.1 3}}", "3.3", metered=True)
def mulf(run: runs.Run, first: Any, *others: Any) -> float:
    """Return the product of the values."""
    return _computed(run, Fraction.__mul__, first, others)


@register("any, ...any -> float64", "{{divf 1 3}}", "0.3333333333333333", metered=True)
def divf(run: runs.Run, first: Any, *others: Any) -> float:
    """Return the first value divided by all others. Fails on division by zero."""
    return _computed(run, _divided, first, others)


def _divided(left: Fraction, right: Fraction) -> Fraction:
    if not right:
        raise GoError("decimal division by 0")
    exact = left / right * _DIVISION
    rounded = math.floor(abs(exact) + Fraction(1, 2))
    return Fraction(rounded if exact > 0 else -rounded, _DIVISION)


def _computed(
    run: runs.Run,
    operation: Callable[[Fraction, Fraction], Fraction],
    first: Any,
    others: tuple[Any, ...],
) -> float:
    """Fold an operation over the values; the digits of every intermediate result are charged."""
    result = _decimal(first)
    for value in others:
        result = operation(result, _decimal(value))
        run.text(result.numerator.bit_length() + result.denominator.bit_length() >> 3)
    try:
        return float(result)
    except OverflowError:
        return math.inf if result > 0 else -math.inf


def _decimal(value: Any) -> Fraction:
    number = casts.floating(value)
    if not math.isfinite(number):
        raise GoError(f"Cannot create a Decimal from {numbers.plain(number)}")
    return Fraction(repr(number))


@register("any, ...any -> float64", "{{maxf 1 2.7}}", "2.7")
def maxf(first: Any, *others: Any) -> float:
    """Return the largest of the values."""
    return _extreme(max, [casts.floating(value) for value in (first, *others)])


@register("any, ...any -> float64", "{{minf 3 2.7}}", "2.7")
def minf(first: Any, *others: Any) -> float:
    """Return the smallest of the values."""
    return _extreme(min, [casts.floating(value) for value in (first, *others)])


def _extreme(choose: Callable[..., float], floats: list[float]) -> float:
    """Choose from floats; NaN wins over everything but the infinity in question, and -0 is below
    0."""
    infinity = choose(math.inf, -math.inf)
    result = floats[0]
    for number in floats[1:]:
        if infinity in (result, number):
            result = infinity
        elif math.isnan(result) or math.isnan(number):
            result = math.nan
        else:
            result = choose(result, number, key=lambda each: (each, math.copysign(1, each)))
    return result


@register("any -> float64", "{{ceil 1.2}}", "2")
def ceil(value: Any) -> float:
    """Return the next whole number above the value."""
    return _whole(math.ceil, casts.floating(value))


@register("any -> float64", "{{floor 1.8}}", "1")
def floor(value: Any) -> float:
    """Return the next whole number below the value."""
    return _whole(math.floor, casts.floating(value))


def _whole(towards: Callable[[float], int], number: float) -> float:
    return math.copysign(towards(number), number) if math.isfinite(number) else number


@register("any, int, ...float64 -> float64", "{{round 2.345 2}}", "2.35", "round")
def round_(value: Any, places: int, *rounding_up: float) -> float:
    """Return the value with so many digits after the point. The part beyond them rounds up from
    one half on, or from another share; negative numbers always round down."""
    number, power = casts.floating(value), _power_of_ten(places)
    scaled = power * number
    share = math.modf(scaled)[0] if math.isfinite(scaled) else math.nan
    up = share >= (rounding_up[0] if rounding_up else _HALF)
    whole = _whole(math.ceil if up else math.floor, scaled)
    if power:
        return whole / power
    return math.nan if not whole or math.isnan(whole) else math.copysign(math.inf, whole)


def _power_of_ten(exponent: int) -> float:
    """Raise ten to a power by squaring, which is not always the nearest float: Go computes it so,
    and digits depend on it."""
    if abs(exponent) > 400:
        return math.inf if exponent > 0 else 0.0
    result, result_bits = 1.0, 0
    factor, bits = math.frexp(10.0)
    left = abs(exponent)
    while left:
        if left & 1:
            result, result_bits = result * factor, result_bits + bits
        factor, bits = factor * factor, bits * 2
        if factor < _HALF:
            factor, bits = factor + factor, bits - 1
        left >>= 1
    if exponent < 0:
        result, result_bits = 1 / result, -result_bits
    try:
        return math.ldexp(result, result_bits)
    except OverflowError:
        return math.inf
