"""Numbers of data are floats to the foreign languages."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import decoded
from notifier.languages.golang.values import BytesMap

DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)


@given(DATA)
def test_no_int_is_left_and_nothing_else_changes(data: Any) -> None:
    """Equal to the data (1 == 1.0), and no int is in it at any depth; booleans stay."""
    before = repr(data)
    made = decoded.decoded(data)

    def walk(new: Any, old: Any) -> None:
        assert type(new) is (float if type(old) is int else type(old))
        if isinstance(new, list):
            for pair in zip(new, old, strict=True):
                walk(*pair)
        if isinstance(new, dict):
            for key in old:
                walk(new[key], old[key])

    assert made == data
    walk(made, data)
    assert repr(data) == before


def test_what_holds_no_int_is_shared() -> None:
    """The common case costs no copy; a tuple is a list to Go; byte maps are not JSON."""
    calm = {"a": ["b", True, None, 1.5]}
    assert decoded.decoded(calm) is calm
    assert decoded.decoded((1, "a")) == [1.0, "a"]
    secrets = BytesMap({"k": b"v"})
    assert decoded.decoded({"secrets": secrets, "n": 1})["secrets"] is secrets
