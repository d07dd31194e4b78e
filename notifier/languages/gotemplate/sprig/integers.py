"""Sprig's whole numbers: casts, arithmetic and counting (trap 27: int64 that wraps)."""

from __future__ import annotations

from typing import Any

from notifier.languages.golang import numbers, runs
from notifier.languages.golang.values import Int64, Ints
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts
from notifier.languages.gotemplate.sprig.forgiving import otherwise


@register("string -> int", '{{atoi "42"}}', "42")
def atoi(text: str) -> int:
    """Return the decimal number in the text, 0 if there is none."""
    return casts.clamped(text)


@register("any -> int", '{{int "0x10"}} {{int 3.9}}', "16 3", "int")
def int_(value: Any) -> int:
    """Return the value as a whole number, 0 if it is none."""
    return casts.integer(value)


@register("any -> int64", '{{int64 "12"}}', "12")
def int64(value: Any) -> Int64:
    """Return the value as an int64, 0 if it is none."""
    return Int64(casts.integer(value))


@register("any -> int64", '{{toDecimal "777"}}', "511", "toDecimal", metered=True)
def to_decimal(run: runs.Run, value: Any) -> Int64:
    """Return the number that the value is in octal digits, 0 if it is none."""
    return Int64(otherwise(0, _octal, run, value))


def _octal(run: runs.Run, value: Any) -> int:
    return numbers.parse_int(casts.shown(run, value), 8, 64)


@register("any -> int64", "{{add1 2}}", "3")
def add1(value: Any) -> Int64:
    """Return the value plus one."""
    return casts.int64(casts.integer(value) + 1)


@register("...any -> int64", '{{add 1 "2" 3.9}}', "6")
def add(*values: Any) -> Int64:
    """Return the sum of the values."""
    return casts.int64(sum(map(casts.integer, values)))


@register("any, any -> int64", "{{sub 5 2}}", "3")
def sub(left: Any, right: Any) -> Int64:
    """Return the first value minus the second."""
    return casts.int64(casts.integer(left) - casts.integer(right))


@register("any, any -> int64", "{{div -7 2}}", "-3")
def div(left: Any, right: Any) -> Int64:
    """Return the first value by the second, cut towards zero. Fails on division by zero."""
    return Int64(numbers.divide(casts.integer(left), casts.integer(right)))


@register("any, any -> int64", "{{mod -7 3}}", "-1")
def mod(left: Any, right: Any) -> Int64:
    """Return what `div` leaves; it has the sign of the first value. Fails on division by zero."""
    return Int64(numbers.modulo(casts.integer(left), casts.integer(right)))


@register("any, ...any -> int64", "{{mul 2 3 4}}", "24")
def mul(first: Any, *others: Any) -> Int64:
    """Return the product of the values."""
    product = casts.integer(first)
    for value in others:
        product = numbers.wrap_int64(product * casts.integer(value))
    return Int64(product)


@register("any, ...any -> int64", "{{max 1 2.7}}", "2", "max", "biggest")
def max_(first: Any, *others: Any) -> Int64:
    """Return the largest of the values as a whole number."""
    return Int64(max(map(casts.integer, (first, *others))))


@register("any, ...any -> int64", "{{min 3 2.7}}", "2", "min")
def min_(first: Any, *others: Any) -> Int64:
    """Return the smallest of the values as a whole number."""
    return Int64(min(map(casts.integer, (first, *others))))


@register("int -> list", "{{range until 3}}{{.}} {{end}}", "0 1 2 ", metered=True)
def until(run: runs.Run, count: int) -> Ints:
    """Return the numbers from 0 up to a count, or down to a negative one; the end is left out."""
    return until_step(run, 0, count, -1 if count < 0 else 1)


@register(
    "int, int, int -> list",
    "{{range untilStep 3 9 2}}{{.}} {{end}}",
    "3 5 7 ",
    "untilStep",
    metered=True,
)
def until_step(run: runs.Run, start: int, stop: int, step: int) -> Ints:
    """Return the numbers from start to stop (left out) by a step; none if that never arrives."""
    if (step >= 0) if stop < start else (step <= 0):
        return Ints()
    count = -(-abs(stop - start) // abs(step))
    run.items(count)
    return Ints(range(start, stop, step))


@register(
    "...int -> string",
    "{{seq 3}} | {{seq 2 4}} | {{seq 0 5 10}}",
    "1 2 3 | 2 3 4 | 0 5 10",
    metered=True,
)
def seq(run: runs.Run, *bounds: int) -> str:
    """Return numbers with spaces between: up or down from 1 to a bound, from one bound to another,
    or by the step in the middle. The last bound belongs to them."""
    match bounds:
        case (end,):
            start, step = 1, 0
        case (start, end):
            step = 0
        case (start, step, end):
            if end < start and step > 0:
                return ""
        case _:
            return ""
    towards = -1 if end < start else 1
    if len(bounds) < 3:
        step = towards
    return " ".join(map(str, until_step(run, start, end + towards, step)))
