"""`%v` of every kind of value."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages.golang import printing, runs, times
from notifier.languages.golang.durations import Duration
from notifier.languages.golang.values import (
    MISSING,
    BytesMap,
    Func,
    Int64,
    Ints,
    Sealed,
    StringMap,
    Strings,
    Uint8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "<nil>", id="nil"),
        pytest.param(MISSING, "<nil>", id="missing"),
        pytest.param(True, "true", id="bool"),
        pytest.param(7, "7", id="int"),
        pytest.param(Int64(-7), "-7", id="int64"),
        pytest.param(1e6, "1e+06", id="float"),
        pytest.param(1 + 2j, "(1+2i)", id="complex"),
        pytest.param(complex(1.5, -2), "(1.5-2i)", id="complex with a negative part"),
        pytest.param("a b", "a b", id="string"),
        pytest.param(b"va", "[118 97]", id="bytes"),
        pytest.param([], "[]", id="empty list"),
        pytest.param([1.0, "two", None, [True]], "[1 two <nil> [true]]", id="list"),
        pytest.param((1, 2), "[1 2]", id="tuple"),
        pytest.param(Strings(["a", "b"]), "[a b]", id="[]string"),
        pytest.param(Ints([0, 1]), "[0 1]", id="[]int"),
        pytest.param({}, "map[]", id="empty map"),
        pytest.param({"b": 1.0, "a": None, "Z": {}}, "map[Z:map[] a:<nil> b:1]", id="map"),
        pytest.param(StringMap({"_0": "a"}), "map[_0:a]", id="map of strings"),
        pytest.param(BytesMap({"k": b"v"}), "map[k:[118]]", id="secrets"),
        pytest.param({10: 1, 9: 2}, "map[9:2 10:1]", id="numbers sort by size"),
        pytest.param(
            {"s": 1, 2: 1, 1.5: 1, None: 1, False: 1, Duration(5): 1},
            "map[<nil>:1 false:1 2:1 1.5:1 s:1 5ns:1]",
            id="keys of several kinds",
        ),
        pytest.param([Duration(90_000_000_000)], "[1m30s]", id="object in a list"),
        pytest.param(Uint8(9), "9", id="byte"),
        pytest.param(times.Month(3), "March", id="month"),
        pytest.param(Func(len, (), "func()"), "0x1", id="function"),
        pytest.param({"f": Func(len, (), "func()")}, "map[f:0x1]", id="function in a map"),
        pytest.param(Sealed("text", "numbers"), "numbers", id="secret nobody may look into"),
    ],
)
def test_text(value: Any, text: str) -> None:
    """Lists and maps show their parts, nil is `<nil>`, objects print themselves."""
    assert printing.text(value) == text


def test_text_sorts_keys_bytewise() -> None:
    """Capitals come before small letters, and those before accents."""
    assert printing.text(dict.fromkeys("éaZ_", 0)) == "map[Z:0 _:0 a:0 é:0]"


def test_text_of_a_map_that_holds_itself_ends() -> None:
    """Endless values are refused."""
    endless: dict[str, Any] = {}
    endless["self"] = endless
    with pytest.raises(runs.Exceeded, match="nested more than 200 deep"):
        printing.text(endless)


def test_text_of_a_list_that_doubles_ends() -> None:
    """Sixty lists that each hold the one before twice would print 2**60 items."""
    value: Any = "x"
    for _ in range(60):
        value = [value, value]
    with pytest.raises(runs.Exceeded, match="steps"):
        printing.text(value)


def test_text_is_charged_to_the_run() -> None:
    """What a container prints counts as built."""
    run = runs.Run(runs.Limits(built=100))
    printing.text(["x" * 60], run)
    with pytest.raises(runs.Exceeded, match="builds more"):
        printing.text(["x" * 60], run)
