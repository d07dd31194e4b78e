"""The value model knows kinds and types, and keeps the nil-like values apart."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages.golang import zones
from notifier.languages.golang.durations import Duration
from notifier.languages.golang.values import (
    MISSING,
    Func,
    GoObject,
    Int32,
    Int64,
    Ints,
    NilDict,
    NilList,
    NilStrings,
    StringMap,
    Strings,
    Uint8,
    Uint64,
    is_nil,
    kind,
    type_name,
)


class Bare(GoObject):
    """An object that defines nothing."""

    __slots__ = ()
    TYPE = "test.Bare"


@pytest.mark.parametrize(
    ("value", "kind_name", "name"),
    [
        (None, "invalid", "<nil>"),
        (MISSING, "invalid", "<nil>"),
        (True, "bool", "bool"),
        (1, "int", "int"),
        (Int64(1), "int64", "int64"),
        (Int32(1), "int32", "int32"),
        (Uint8(1), "uint8", "uint8"),
        (Uint64(1), "uint64", "uint64"),
        (1.0, "float64", "float64"),
        (1j, "complex128", "complex128"),
        ("", "string", "string"),
        (b"", "slice", "[]uint8"),
        ([], "slice", "[]interface {}"),
        (Strings(), "slice", "[]string"),
        (Ints(), "slice", "[]int"),
        ({}, "map", "map[string]interface {}"),
        (StringMap(), "map", "map[string]string"),
        (Func(len, (), "func()"), "func", "func()"),
        (Duration(1), "int64", "time.Duration"),
        (zones.UTC, "ptr", "*time.Location"),
        (Bare(), "struct", "test.Bare"),
        (object(), "invalid", ""),
    ],
)
def test_kinds_and_types(value: Any, kind_name: str, name: str) -> None:
    """Each value has the kind and the type that reflection shows in Go."""
    assert (kind(value), type_name(value)) == (kind_name, name)


def test_missing_is_false_and_says_so() -> None:
    """It shows as Go's words for it."""
    assert not MISSING
    assert repr(MISSING) == "<no value>"


def test_a_function_shows_its_signature_alone() -> None:
    """Nothing of what it calls."""
    assert repr(Func(len, (), "func() time.Time")) == "func() time.Time"


def test_a_bare_object() -> None:
    """It must say how it prints; all else has a sober default."""
    bare = Bare()
    with pytest.raises(NotImplementedError):
        bare.text()
    assert (bare.go_text(), bare.inside(), bare.plain()) == (None, (), {})
    assert bare.identical(bare)


def test_nil_lists_and_maps_are_not_empty_ones() -> None:
    """They are as empty, but nil."""
    for nil, empty in ((NilList(), []), (NilStrings(), Strings()), (NilDict(), {})):
        assert is_nil(nil)
        assert not is_nil(empty)
        assert nil == empty
