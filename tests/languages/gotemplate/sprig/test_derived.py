"""Derived passwords: the expected ones are Sprig 3.3's under Go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate

Render = Callable[..., str]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('1 "maximum" "password" "user" "example.com"', "pf4zS1LjCg&LjhsZ7T2~"),
        ('1 "long" "password" "user" "example.com"', "ZedaFaxcZaso9*"),
        ('1 "medium" "password" "user" "example.com"', "ZedJuz8$"),
        ('1 "short" "password" "user" "example.com"', "Zed5"),
        ('1 "basic" "password" "user" "example.com"', "pIS54PLs"),
        ('1 "pin" "password" "user" "example.com"', "6685"),
        ('4294967297 "long" "" "üser" ""', "SuxrLawaWemi9'"),
        ('1 "nope" "" "" ""', "cannot find password template nope"),
    ],
)
def test_prints_what_go_prints(allowing: Render, arguments: str, expected: str) -> None:
    """Every type; a counter beyond 32 bits wraps; lengths are those of bytes."""
    assert allowing(f"{{{{derivePassword {arguments}}}}}") == expected


@pytest.mark.parametrize("counter", ["-1", "1.5", '"1"', "(len `a`)", "nil", ".missing"])
def test_fails_where_go_fails(allowing: Render, counter: str) -> None:
    """The counter is an unsigned constant."""
    with pytest.raises(gotemplate.ExecError):
        allowing(f'{{{{derivePassword {counter} "pin" "a" "b" "c"}}}}')
