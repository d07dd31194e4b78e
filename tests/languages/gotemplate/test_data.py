"""The caller's data: shared by several renderings, so never changed by one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate import registry

DATA: dict[str, Any] = {"m": {"a": {"b": 1.0}}, "l": [{"k": "v"}], "s": "abc"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{set .m `x` 1}}", "map[a:map[b:1] x:1]"),
        ("{{set . `x` 1 | len}}", "4"),
        ("{{unset .m `a`}}{{.m}}", "map[]map[]"),
        ("{{merge .m (dict `a` (dict `c` 2))}}", "map[a:map[b:1 c:2]]"),
        ("{{mergeOverwrite .m (dict `a` 2)}}{{.m.a}}", "map[a:2]2"),
        ("{{$d := merge (dict) .}}{{$x := set $d.m.a `b` 2}}{{$d.m.a.b}}", "2"),
        ("{{range .l}}{{$x := set . `k` 1}}{{.k}}{{end}}", "1"),
        ("{{set (index .l 0) `k` 1}}", "map[k:1]"),
        ("{{define `t`}}{{unset . `m`}}{{end}}{{template `t` .}}", "map[l:[map[k:v]] s:abc]"),
        ("{{append .l 1 | len}}{{reverse .l | len}}{{sortAlpha .l | len}}", "211"),
    ],
)
def test_unchanged(text: str, expected: str) -> None:
    """A template sees what it changes, and nobody else does."""
    data = copy.deepcopy(DATA)
    template = gotemplate.parse(text)
    assert [template.execute(data, runs.Run()) for _ in range(2)] == [expected, expected]
    assert data == DATA


def test_copied_only_where_needed() -> None:
    """Without a function that changes maps, the data are used as they are."""
    assert gotemplate.parse("{{.}}")._mutates is False
    assert gotemplate.parse("{{if false}}{{set . `a` 1}}{{end}}")._mutates is True


def test_functions_that_change_maps_exist() -> None:
    """Every name in the list of functions that change maps is one that is registered."""
    assert set(registry.ALL) >= registry.MUTATING
