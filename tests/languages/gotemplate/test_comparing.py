"""Comparison: kinds that compare, kinds that do not, and nil."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import gotemplate
from notifier.languages.golang import runs, times, values
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate import comparing

DATA: dict[str, Any] = {
    "n": 1.0,
    "s": "a",
    "l": [],
    "m": {},
    "nul": None,
    "b": b"a",
    "time": times.library(times.from_unix(0)),
    "ts": "2026-11-20T10:31:44Z",
}

COMPARED = [
    ("eq .s `a`", "true"),
    ("eq .n 1.0", "true"),
    ("eq (int .n) 1", "true"),
    ("eq (int64 .n) 1", "true"),
    ("eq 1 (int64 1)", "true"),
    ("eq (index `a` 0) 97", "true"),
    ("eq `a` `b` `a`", "true"),
    ("eq .s .s 1", "true"),
    ("eq true false true", "true"),
    ("eq 1i 1i", "true"),
    ("eq .none .nul", "true"),
    ("eq .none 1", "false"),
    ("eq `a` .nul", "false"),
    ("eq nil .nul", "true"),
    ("eq .l nil", "false"),
    ("eq .m .nul", "false"),
    ("eq (call .time.Parse .ts) (call .time.Parse .ts)", "true"),
    ("eq ((call .time.Parse .ts).Sub (call .time.Parse .ts)) 0", "true"),
    ("eq (call .time.Parse .ts).Month 11", "true"),
    ("eq (semver `1.2.3`) (semver `1.2.3`)", "false"),
    ("ne .s `b`", "true"),
    ("ne .nul .none", "false"),
    ("lt 1 2", "true"),
    ("lt `a` `b`", "true"),
    ("lt `é` `z`", "false"),
    ("lt `\uffff` `\U00010000`", "true"),
    ("lt 1.5 .n", "false"),
    ("lt (call .time.Parse .ts).Month 12", "true"),
    ("le 2 2", "true"),
    ("le 1 2", "true"),
    ("gt 2 1", "true"),
    ("ge 2 2", "true"),
    ("ge 1 2", "false"),
]


@pytest.mark.parametrize(("call", "expected"), COMPARED, ids=[case[0] for case in COMPARED])
def test_compared(call: str, expected: str) -> None:
    """Values of one kind compare, and everything compares with nil."""
    assert gotemplate.parse(f"{{{{{call}}}}}").execute(DATA, runs.Run()) == expected


def test_nil_lists() -> None:
    """A nil list equals nil and other nil lists, an empty one does not."""
    assert comparing.equal(values.NilList(), None)
    assert comparing.equal(values.NilList(), values.NilStrings())
    assert not comparing.equal(values.NilList(), [])
    with pytest.raises(GoError):
        comparing.equal(values.NilList(), {})


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_are_ordered(left: int, right: int) -> None:
    """Exactly one of less, equal and greater holds, whatever the sizes."""
    held = [compare(values.Int64(left), right) for compare in (comparing.lt, comparing.eq)]
    assert [*held, comparing.gt(values.Int64(left), right)].count(True) == 1


@given(st.text(), st.text())
def test_texts_are_ordered_by_their_bytes(left: str, right: str) -> None:
    """Texts compare as their UTF-8 bytes do."""
    assert comparing.lt(left, right) == (
        left.encode("utf-8", "replace") < right.encode("utf-8", "replace")
    )
