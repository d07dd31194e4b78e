"""What holds for all texts, numbers and lists."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.golang.numbers import MAX_INT64, MIN_INT64
from notifier.languages.gotemplate import registry

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
whole = st.integers(MIN_INT64, MAX_INT64)
scalars = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | texts
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def call(name: str, *arguments: Any) -> Any:
    """Call a function in a fresh run."""
    function = registry.ALL[name]
    given_ = (runs.Run(), *arguments) if function.metered else arguments
    return function.call(*given_)


@given(texts)
def test_encodings_turn_back(text: str) -> None:
    """What is encoded decodes to itself."""
    assert call("b64dec", call("b64enc", text)) == text
    assert call("b32dec", call("b32enc", text)) == text


@given(documents)
def test_json_turns_back(value: Any) -> None:
    """What is written as JSON reads as itself, in every form."""
    for name in ("toJson", "toPrettyJson", "toRawJson"):
        assert call("fromJson", call(name, value)) == value


@given(texts, texts)
def test_splitting_and_joining_turn_back(text: str, separator: str) -> None:
    """The parts of a text joined by their separator are the text."""
    assert call("join", separator, call("splitList", separator, text)) == text


@given(texts, st.integers(0, 40))
def test_cutting_parts_a_text(text: str, place: int) -> None:
    """The bytes up to a place and from there on are all bytes; as many as asked for."""
    size = len(text.encode())
    head, tail = call("trunc", place, text), call("substr", min(place, size), -1, text)
    glued = (head + tail).encode("utf-8", "surrogateescape")
    assert glued == text.encode()
    assert len(head.encode("utf-8", "surrogateescape")) == min(place, size)


@given(texts, st.integers(1, 12))
def test_wrapping_only_moves_spaces(text: str, width: int) -> None:
    """But for spaces and line ends the text is the same."""
    for wrapped in (call("wrap", width, text), call("wrapWith", width, "\n", text)):
        left = wrapped.encode("utf-8", "surrogateescape")
        assert left.replace(b" ", b"").replace(b"\n", b"") == (
            text.encode().replace(b" ", b"").replace(b"\n", b"")
        )


@given(whole, whole)
def test_whole_numbers_stay_whole_numbers(left: int, right: int) -> None:
    """Sums, differences and products are int64s that agree modulo 2**64; division is exact with
    its remainder."""
    for name, exact in (("add", left + right), ("sub", left - right), ("mul", left * right)):
        found = call(name, left, right)
        assert MIN_INT64 <= found <= MAX_INT64
        assert (found - exact) % 2**64 == 0
    if right:
        product = call("div", left, right) * right + call("mod", left, right)
        assert (product - left) % 2**64 == 0


@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15))
def test_decimal_sums_turn_back(left: float, right: float) -> None:
    """Adding is commutative and has 0 as its neutral element."""
    assert call("addf", left, right) == call("addf", right, left)
    assert call("addf", left, 0.0) == left
    assert call("subf", left, left) == 0


@given(st.lists(documents, max_size=8))
def test_lists_come_apart_and_together(items: list[Any]) -> None:
    """First and rest, initial and last, chunks and reverses make up the list."""
    if items:
        assert call("prepend", call("rest", items), call("first", items)) == items
        assert call("append", call("initial", items), call("last", items)) == items
    assert call("concat", *call("chunk", 3, items)) == items
    assert call("reverse", call("reverse", items)) == items


@given(st.lists(documents, max_size=8))
def test_unique_items_are_all_and_once(items: list[Any]) -> None:
    """Each item is there, nothing twice, and again it changes nothing."""
    found = call("uniq", items)
    assert all(call("has", item, found) for item in items)
    assert call("uniq", found) == found
    assert call("without", items, *items) == []


@given(documents)
def test_copies_are_equal_and_apart(value: Any) -> None:
    """A copy is deeply equal, and no container is shared."""
    if value is None:
        return
    copy = call("deepCopy", value)
    assert call("deepEqual", copy, value)
    assert copy is not value or not isinstance(value, list | dict)


@given(st.dictionaries(texts, scalars, max_size=5), st.dictionaries(texts, scalars, max_size=5))
def test_merging_has_all_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Overwriting is the second map over the first, and without it nothing set is lost."""
    assert call("mergeOverwrite", dict(one), other) == {**one, **other}
    merged = call("merge", dict(one), other)
    assert all(merged[name] == value for name, value in one.items() if value)


@given(st.sampled_from(sorted(registry.ALL)), st.lists(documents, max_size=4))
def test_no_call_breaks(name: str, arguments: list[Any]) -> None:
    """Whatever a function is given, the rendering prints or fails with an error of its own."""
    places = " ".join(f"(index .items {place})" for place in range(len(arguments)))
    template = gotemplate.parse(f"{{{{{name} {places}}}}}")
    with contextlib.suppress(gotemplate.ExecError):
        assert isinstance(template.execute({"items": arguments}, runs.Run()), str)
