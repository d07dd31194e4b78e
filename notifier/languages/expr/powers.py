"""Powers of floats as Go computes them (math.Pow, Exp and Log for amd64): to the last bit.

C's `pow` is a little more exact, so its last digit differs where the exponent is not small.
"""

from __future__ import annotations

import math
from typing import Final

_HUGE: Final = 2.0**63
_EXPONENTS: Final = 4096
_SQRT_HALF: Final = math.sqrt(2) / 2
_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_EVEN: Final = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
_ODD: Final = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)
_LOG2_E: Final = 1.4426950408889634
_LN2_UPPER: Final = 0.69314718055966295651160180568695068359375
_LN2_LOWER: Final = 0.28235290563031577122588448175013436025525412068e-12
_TAYLOR: Final = tuple(1 / math.factorial(n) for n in (8, 7, 6, 5, 4, 3, 2, 1))
_SPLIT: Final = 2.0**27 + 1


def power(base: float, exponent: float) -> float:
    """Return `base ** exponent`; never fails: infinities and NaN as in Go."""
    special = _special(base, exponent)
    if special is not None:
        return special
    whole = math.floor(abs(exponent))
    rest = abs(exponent) - whole
    if rest and base < 0:
        return math.nan
    if whole >= _HUGE:
        return 1.0 if base == -1 else (0.0 if (abs(base) < 1) == (exponent > 0) else math.inf)
    mantissa = 1.0
    if rest:
        if rest > 0.5:
            rest -= 1
            whole += 1
        mantissa = exponential(rest * logarithm(base))
    return _multiplied(base, int(whole), mantissa, inverse=exponent < 0)


def _special(base: float, exponent: float) -> float | None:
    if exponent == 0 or base == 1:
        return 1.0
    if exponent == 1:
        return base
    if math.isnan(base) or math.isnan(exponent):
        return math.nan
    if base == 0 or math.isinf(base) or math.isinf(exponent):
        # The C library agrees with Go here, and only refuses to divide by zero.
        return _of_zero(base, exponent) if base == 0 and exponent < 0 else math.pow(base, exponent)
    if abs(exponent) == 0.5:
        if base < 0:
            return math.nan
        root = math.sqrt(base)
        return root if exponent > 0 else 1 / root
    return None


def _of_zero(base: float, exponent: float) -> float:
    odd = math.isfinite(exponent) and exponent % 2 == 1
    return math.copysign(math.inf, base) if odd else math.inf


def _multiplied(base: float, whole: int, mantissa: float, *, inverse: bool) -> float:
    """Return `mantissa * base ** whole` by squaring, with the exponents of two kept apart."""
    exponent = 0
    factor, twos = math.frexp(base)
    while whole:
        if abs(twos) > _EXPONENTS:
            exponent += twos
            break
        if whole & 1:
            mantissa *= factor
            exponent += twos
        factor *= factor
        twos *= 2
        if factor < 0.5:
            factor += factor
            twos -= 1
        whole >>= 1
    if inverse:
        mantissa, exponent = 1 / mantissa, -exponent
    try:
        return math.ldexp(mantissa, exponent)
    except OverflowError:
        return math.copysign(math.inf, mantissa)


def exponential(number: float) -> float:
    """Return e to a power that neither overflows nor vanishes, by the series that Go sums with
    fused multiplication: of the sixteenth part, squared four times."""
    twos = round(number * _LOG2_E)
    rest = _fused(-_LN2_UPPER, twos, number)
    rest = _fused(-_LN2_LOWER, twos, rest) * 0.0625
    total = _TAYLOR[0]
    for coefficient in _TAYLOR[1:]:
        total = _fused(total, rest, coefficient)
    rest *= total
    for _ in range(3):
        rest *= rest + 2
    return math.ldexp(_fused(rest, rest + 2, 1.0), twos)


def _fused(first: float, second: float, added: float) -> float:
    """Return `first * second + added`, rounded once."""
    product = first * second
    lost = _lost_by_product(first, second, product)
    total = product + added
    back = total - product
    return total + ((product - (total - back)) + (added - back) + lost)


def _lost_by_product(first: float, second: float, product: float) -> float:
    high, low = _halves(first)
    other_high, other_low = _halves(second)
    rest = high * other_high - product
    return ((rest + high * other_low) + low * other_high) + low * other_low


def _halves(number: float) -> tuple[float, float]:
    """Split a float in two of half the digits, whose products are exact."""
    scaled = _SPLIT * number
    high = scaled - (scaled - number)
    return high, number - high


def logarithm(number: float) -> float:
    """Return the natural logarithm of a positive number, by the series that Go sums."""
    fraction, twos = math.frexp(number)
    if fraction < _SQRT_HALF:
        fraction *= 2
        twos -= 1
    f = fraction - 1
    s = f / (2 + f)
    square = s * s
    fourth = square * square
    odd = square * (_ODD[0] + fourth * (_ODD[1] + fourth * (_ODD[2] + fourth * _ODD[3])))
    even = fourth * (_EVEN[0] + fourth * (_EVEN[1] + fourth * _EVEN[2]))
    half = 0.5 * f * f
    return twos * _LN2_HIGH - ((half - (s * (half + odd + even) + twos * _LN2_LOW)) - f)
