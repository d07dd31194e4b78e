"""The functions that every template has: their examples, and how they are described."""

from __future__ import annotations

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs, values
from notifier.languages.gotemplate import comparing, escaping, registry, standard

OWN = {standard.__name__, comparing.__name__, escaping.__name__}
FUNCTIONS = {
    name: function for name, function in registry.ALL.items() if function.call.__module__ in OWN
}


def test_names() -> None:
    """They are Go's builtins, but for the one that Sprig replaces."""
    comparison, logic = {"eq", "ne", "lt", "le", "gt", "ge"}, {"and", "or", "not"}
    texts = {"print", "printf", "println", "html", "js", "urlquery"}
    assert set(FUNCTIONS) == comparison | logic | texts | {"index", "len", "call"}
    assert registry.ALL["slice"].call.__module__ not in OWN


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_example(function: registry.Function) -> None:
    """The example of a function renders to what stands beside it."""
    assert function.doc
    template = gotemplate.parse(function.example)
    assert template.execute(dict(function.data), runs.Run()) == function.output


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("and", (1, "", 2), ""),
        ("and", (1, 2), 2),
        ("or", ("", 0), 0),
        ("or", ("", 3, 0), 3),
        ("not", (1,), False),
        ("eq", (1, 2, 1), True),
        ("call", (values.Func(lambda: "x", (), "func() string"),), "x"),
    ],
)
def test_called_from_outside(name: str, args: tuple[object, ...], expected: object) -> None:
    """What the compiler handles itself can also be called as the function it is registered as."""
    assert registry.ALL[name].call(*args) == expected


def test_call_of_no_function() -> None:
    """Only functions can be called."""
    with pytest.raises(values.GoError, match="non-function of type string"):
        standard.call("x")
