"""Types of the builtins that take a predicate (checker/checker.go: builtinNode)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from notifier.languages.expr import natures, nodes
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import ARRAY, BOOL, INT, UNKNOWN, Nature


@dataclass(frozen=True, slots=True)
class Scope:
    """What a predicate can point to: `#`, an item of the collection, and the names."""

    collection: Nature
    names: Mapping[str, Nature] = field(default_factory=dict)


class Visitor(Protocol):
    """What the check of a predicate needs of the checker."""

    scopes: list[Scope]

    def visit(self, node: nodes.Node) -> Nature:
        """Return the nature of a node."""
        ...


@dataclass(frozen=True, slots=True)
class _Rule:
    """The type of one builtin: `names` its predicate can point to beside `#`, whether the
    predicate must be a test, and the result from the natures of collection and predicate."""

    result: Callable[[Nature, Nature], Nature]
    test: bool = True
    names: Mapping[str, Nature] = field(default_factory=dict)


def loop(checker: Visitor, node: nodes.Builtin) -> Nature:
    """Return the nature of a builtin with a predicate. Raises `Fault`."""
    rule = _RULES[node.name]
    source = node.arguments[0]
    collection = natures.dereferenced(checker.visit(source))
    if not collection.array and not collection.unknown:
        raise Fault(f"builtin {node.name} takes only array (got {collection})", source.at)
    if len(node.arguments) == 1:
        if node.name == "count":
            return INT
        return UNKNOWN if collection.unknown else collection.element()
    checker.scopes.append(Scope(collection, rule.names))
    predicate = checker.visit(node.arguments[1])
    checker.scopes.pop()
    if len(node.arguments) == 3:
        _extra(node, checker.visit(node.arguments[2]))
    return _result(node, rule, collection, predicate)


def _extra(node: nodes.Builtin, nature: Nature) -> None:
    if node.name == "sortBy" and nature.kind != "string" and not nature.unknown:
        raise Fault(f"sortBy order argument must be a string (got {nature})", node.arguments[2].at)


def _result(node: nodes.Builtin, rule: _Rule, collection: Nature, predicate: Nature) -> Nature:
    body, results = predicate.body, predicate.signature
    if body is None or results is None or not results.results:
        if node.name == "sum":
            raise Fault(f"unknown builtin {node.name}", node.at)
        count = "two input" if node.name == "reduce" else "one input"
        raise Fault(f"predicate should has {count} and one output param", node.arguments[1].at)
    given = results.results[0]
    if rule.test and given.kind != "bool" and not given.unknown:
        raise Fault(f"predicate should return boolean (got {given})", node.arguments[1].at)
    return rule.result(collection, body)


def _item(collection: Nature, _: Nature) -> Nature:
    return UNKNOWN if collection.unknown else collection.element()


def _kept(collection: Nature, _: Nature) -> Nature:
    return ARRAY if collection.unknown else natures.list_of(collection.element())


def _summed(_: Nature, body: Nature) -> Nature:
    return natures.ANY if body.unknown else natures.plain(body)


_BOOL: Final = _Rule(lambda _collection, _body: BOOL)
_INT: Final = _Rule(lambda _collection, _body: INT)

_RULES: Final[Mapping[str, _Rule]] = {
    **dict.fromkeys(("all", "none", "any", "one"), _BOOL),
    **dict.fromkeys(("count", "findIndex", "findLastIndex"), _INT),
    **dict.fromkeys(("find", "findLast"), _Rule(_item)),
    "filter": _Rule(_kept),
    "map": _Rule(lambda _, body: natures.list_of(body), test=False, names={"index": INT}),
    "sum": _Rule(_summed, test=False),
    "groupBy": _Rule(lambda _collection, _body: natures.GROUPS, test=False),
    "sortBy": _Rule(lambda collection, _: collection, test=False),
    "reduce": _Rule(lambda _, body: body, test=False, names={"index": INT, "acc": UNKNOWN}),
}
