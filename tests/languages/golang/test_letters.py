"""Characters have Go's classes and cases: one for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import letters


@pytest.mark.parametrize(
    ("letter", "upper", "lower", "title"),
    [
        pytest.param("a", "A", "a", "A", id="ASCII"),
        pytest.param("ß", "ß", "ß", "ß", id="no capital of one letter"),
        pytest.param("ẞ", "ẞ", "ß", "ẞ", id="capital sharp s"),
        pytest.param("ᾀ", "ᾈ", "ᾀ", "ᾈ", id="its capital is a title"),
        pytest.param("ŉ", "ŉ", "ŉ", "ŉ", id="two letters in Python"),
        pytest.param("İ", "İ", "i", "İ", id="dotted"),
        pytest.param("ı", "I", "ı", "I", id="dotless"),
        pytest.param("Σ", "Σ", "σ", "Σ", id="sigma"),
        pytest.param("\u01c6", "\u01c4", "\u01c6", "\u01c5", id="title case of its own"),
        pytest.param("ა", "Ა", "ა", "ა", id="capital but no title"),
        pytest.param("日", "日", "日", "日", id="no case"),
        pytest.param("\udc80", "\udc80", "\udc80", "\udc80", id="no character"),
    ],
)
def test_cases_are_single_characters(letter: str, upper: str, lower: str, title: str) -> None:
    """Each case is the one that Go's tables have."""
    assert (letters.upper(letter), letters.lower(letter)) == (upper, lower)
    assert letters.title(letter) == title


@pytest.mark.parametrize(
    ("letter", "classes"),
    [
        ("A", {"upper", "letter"}),
        ("a", {"lower", "letter"}),
        ("\u01c5", {"title", "letter"}),
        ("日", {"letter"}),
        ("7", {"digit", "number"}),
        ("²", {"number"}),
        ("_", {"punctuation"}),
        ("\x85", {"space"}),
        ("\u3000", {"space"}),
        ("\x1c", set()),
        ("€", set()),
    ],
)
def test_classes(letter: str, classes: set[str]) -> None:
    """A character is in its classes and in no other."""
    tests = {
        "space": letters.is_space,
        "upper": letters.is_upper,
        "lower": letters.is_lower,
        "title": letters.is_title,
        "letter": letters.is_letter,
        "number": letters.is_number,
        "digit": letters.is_digit,
        "punctuation": letters.is_punctuation,
    }
    assert {name for name, test in tests.items() if test(letter)} == classes


def test_texts_map_letter_by_letter() -> None:
    """No text grows or looks at neighbours."""
    assert letters.to_upper("straße ŉ") == "STRAßE ŉ"
    assert letters.to_lower("ΑΣ İ") == "ασ i"


@given(st.text())
def test_length_stays(text: str) -> None:
    """As many characters as before."""
    assert len(letters.to_upper(text)) == len(letters.to_lower(text)) == len(text)
