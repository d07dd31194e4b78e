"""Fields by name, texts from scalars, nearest names."""

from __future__ import annotations

import pytest

from notifier.core import decoding


def test_names_match_in_any_case_and_the_rest_is_unknown() -> None:
    """`apiUrl` is `apiURL`; what matches nothing is listed."""
    found = decoding.fields({"apiUrl": 1, "other": 2}, ("apiURL", "token"))
    assert found.values == {"apiURL": 1}
    assert found.written == {"apiURL": "apiUrl"}
    assert found.unknown == ["other"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (12345, "12345"), (True, "true"), (1.1, "1.1"), ("yes", "yes")],
    ids=repr,
)
def test_a_scalar_becomes_text(value: object, expected: str) -> None:
    """A text field converts numbers and booleans."""
    assert decoding.text(value) == expected


@pytest.mark.parametrize("value", [[], {}], ids=["list", "mapping"])
def test_a_container_is_no_text(value: object) -> None:
    """A list where text is expected is an error that says so."""
    with pytest.raises(decoding.Unfit, match="but a text is expected"):
        decoding.text(value)


def test_a_list_of_texts() -> None:
    """Items are converted like text fields; null is the empty list."""
    assert decoding.text_list([1, "a", None]) == ["1", "a", ""]
    assert decoding.text_list(None) == []


@pytest.mark.parametrize(
    ("value", "fix"), [("a", "write [a]"), ({"a": 1}, "write […]")], ids=["text", "mapping"]
)
def test_a_single_value_is_no_list(value: object, fix: str) -> None:
    """The error shows the value as a list."""
    with pytest.raises(decoding.Unfit, match="expected") as caught:
        decoding.text_list(value)
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "nothing"),
        (True, "a true/false value"),
        (1, "a number"),
        (1.5, "a number"),
        ("a", "a text"),
        ([], "a list"),
        ({}, "a mapping"),
    ],
    ids=repr,
)
def test_kind(value: object, name: str) -> None:
    """Each form has a name people know."""
    assert decoding.kind(value) == name


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("condition", ("when", "send"), "when"),
        ("Whenn", ("when", "send"), "when"),
        ("tokn", ("token", "apiURL"), "token"),
        ("zzz", ("token",), ""),
    ],
)
def test_nearest(name: str, known: tuple[str, ...], found: str) -> None:
    """Typing errors and mistaken words lead to the field that was meant."""
    assert decoding.nearest(name, known) == found
    assert decoding.did_you_mean(name, known) == (f"did you mean {found}?" if found else "")
