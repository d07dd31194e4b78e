"""Builtins with a predicate: their types and examples; `loops.py` compiles them."""

from __future__ import annotations

from notifier.languages.expr.builtins.registry import FUNCTIONS, Function, types


def _loop(name: str, signature: str, example: str, result: str, doc: str) -> None:
    FUNCTIONS[name] = Function(
        name=name, doc=doc, example=example, result=result, overloads=(types(signature),)
    )


_TEST = "[]any, test -> "
_loop("all", _TEST + "bool", "all([1, 2], # > 0)", "true", "Tell whether all items pass.")
_loop("none", _TEST + "bool", "none([1, 2], # > 2)", "true", "Tell whether no item passes.")
_loop("any", _TEST + "bool", "any([1, 2], # > 1)", "true", "Tell whether some item passes.")
_loop("one", _TEST + "bool", "one([1, 2], # > 1)", "true", "Tell whether one item only passes.")
_loop("filter", _TEST + "[]any", "filter([1, 2], # > 1)", "[2]", "Return the items that pass.")
_loop("map", "[]any, choice -> []any", "map([1, 2], # * 2)", "[2,4]", "Change every item.")
_loop("find", _TEST + "any", "find([1, 2], # > 0)", "1", "Return the first that passes, or nil.")
_loop(
    "findIndex", _TEST + "int", "findIndex([1, 2], # > 1)", "1",
    "Return the place of the first item that passes, or nil.",
)  # fmt: skip
_loop(
    "findLast", _TEST + "any", "findLast([1, 2], # > 0)", "2",
    "Return the last item that passes, or nil.",
)  # fmt: skip
_loop(
    "findLastIndex", _TEST + "int", "findLastIndex([1, 2], # > 0)", "1",
    "Return the place of the last item that passes, or nil.",
)  # fmt: skip
_loop("count", _TEST + "int", "count([1, 2], # > 1)", "1", "Return how many items pass.")
_loop("sum", _TEST + "int", "sum([1, 2], # * 2)", "6", "Add up the items, or what becomes of them.")
_loop(
    "groupBy", "[]any, choice -> groups", "groupBy([1, 2, 3], # % 2)", '{"0":[2],"1":[1,3]}',
    "Sort the items into lists by a key.",
)  # fmt: skip
_loop(
    "sortBy", "[]any, test, string -> []any", "sortBy([1, 3, 2], -#)", "[3,2,1]",
    "Order the items by a key; the other way round with 'desc'.",
)  # fmt: skip
_loop(
    "reduce", "[]any, step, any -> any", "reduce([1, 2, 3], # + #acc, 10)", "16",
    "Fold the items into one value, `#acc`; it starts as the first item or what is given.",
)  # fmt: skip
