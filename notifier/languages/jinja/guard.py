"""The gate before a template is compiled: only known syntax, bounded, and made chargeable.

Deny by default: a node that is not listed does not exist (spec/security.md 4.1). What stays is
rewritten so that loops, comparisons and joined texts go through functions with a budget, and so
that the template's own constants print unescaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from notifier.languages.jinja import limits

CONCATENATE: Final = "~"
COMPARE: Final = "#compare"
EACH: Final = "#each"
SLICE: Final = "#slice"
"""Filters that only the rewriting can name."""

ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign, nodes.With,
    nodes.Include, nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair,
    nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Getitem, nodes.Getattr, nodes.Slice,
    nodes.Keyword, nodes.Concat, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Mul,
    nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.And, nodes.Or, nodes.Not, nodes.Neg,
    nodes.Pos,
)  # fmt: skip
RESERVED: Final = frozenset({"self", "super", "caller", "varargs", "kwargs", "namespace"})

_NAMES: Final = {
    nodes.AssignBlock: "{% set %} … {% endset %}",
    nodes.Block: "{% block %}",
    nodes.CallBlock: "{% call %}",
    nodes.Extends: "{% extends %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.FromImport: "{% from … import %}",
    nodes.Import: "{% import %}",
    nodes.Macro: "{% macro %}",
    nodes.NSRef: "assigning to an attribute",
    nodes.Scope: "{% autoescape %}",
}


def checked(tree: nodes.Template) -> int:
    """Refuse unknown syntax, depth and size; return the number of nodes.

    Raises `TemplateSyntaxError`.
    """
    count = 0
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 1, 0)]
    while waiting:
        node, depth, blocks = waiting.pop()
        count += 1
        _check(node)
        if depth > limits.DEPTH or blocks > limits.BLOCKS:
            raise TemplateSyntaxError("nested too deeply", _line(node))
        if count > limits.NODES:
            raise TemplateSyntaxError("too long: split the template", _line(node))
        inner = blocks + isinstance(node, (nodes.For, nodes.If, nodes.With))
        waiting.extend((child, depth + 1, inner) for child in node.iter_child_nodes())
    return count


def _check(node: nodes.Node) -> None:
    """Refuse a node by itself."""
    if type(node) not in ALLOWED:
        name = _NAMES.get(type(node), type(node).__name__)
        raise TemplateSyntaxError(f"{name} is not supported", _line(node))
    if isinstance(node, nodes.Name) and (node.name in RESERVED or node.name.startswith("_")):
        raise TemplateSyntaxError(f"the name {node.name[:40]} is not available", _line(node))
    if isinstance(node, (nodes.Call, nodes.Filter, nodes.Test)) and (
        node.dyn_args is not None or node.dyn_kwargs is not None
    ):
        raise TemplateSyntaxError("* and ** in a call are not supported", _line(node))
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("a recursive loop is not supported", _line(node))


def _line(node: nodes.Node) -> int:
    return getattr(node, "lineno", None) or 1


def rewritten(tree: nodes.Template) -> nodes.Template:
    """Return the tree with everything that costs going through the budget."""
    result: nodes.Template = _Rewriter().visit(tree)
    return result


class _Rewriter(NodeTransformer):
    """The rewriting of one checked tree; depth is bounded by then."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        parts: nodes.Expr = nodes.List(node.nodes, lineno=node.lineno)
        return _filter(parts, CONCATENATE, [])

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        left = node.expr
        result: nodes.Expr | None = None
        for operand in node.ops:
            step = _filter(left, COMPARE, [nodes.Const(operand.op), operand.expr])
            result = step if result is None else nodes.And(result, step, lineno=node.lineno)
            left = operand.expr
        return result if result is not None else node.expr

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = (node.arg.start, node.arg.stop, node.arg.step)
        return _filter(node.node, SLICE, [bound or nodes.Const(None) for bound in bounds])

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        weight = sum(1 for child in (*node.body, *([node.test] if node.test else []))
                     for _ in child.find_all(nodes.Node)) + len(node.body)  # fmt: skip
        self.generic_visit(node)
        node.iter = _filter(node.iter, EACH, [nodes.Const(weight)])
        return node

    def visit_Output(self, node: nodes.Output) -> list[nodes.Stmt]:  # noqa: N802 - Jinja's name
        result: list[nodes.Stmt] = []
        for child in node.nodes:
            result.extend(self.printed(child))
        return _merged(result)

    def printed(self, node: nodes.Expr) -> list[nodes.Stmt]:
        """Turn one printed expression into statements; a text constant is the template's own."""
        line = node.lineno
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            return [nodes.Output([nodes.TemplateData(node.value, lineno=line)], lineno=line)]
        if isinstance(node, nodes.CondExpr):
            otherwise = self.printed(node.expr2) if node.expr2 else []
            test = self.visit(node.test)
            return [nodes.If(test, self.printed(node.expr1), [], otherwise, lineno=line)]
        return [nodes.Output([self.visit(node)], lineno=line)]


def _merged(statements: list[nodes.Stmt]) -> list[nodes.Stmt]:
    """Join neighbouring outputs into one."""
    result: list[nodes.Stmt] = []
    for statement in statements:
        if result and isinstance(statement, nodes.Output) and isinstance(result[-1], nodes.Output):
            result[-1].nodes.extend(statement.nodes)
        else:
            result.append(statement)
    return result


def _filter(value: nodes.Node, name: str, args: list[nodes.Expr]) -> nodes.Filter:
    return nodes.Filter(value, name, args, [], None, None, lineno=value.lineno)


@dataclass(slots=True)
class Includer:
    """Puts partials in the place of `{% include "name" %}`: no loader exists."""

    parse: Callable[[str], nodes.Template]
    partials: Mapping[str, str]
    open: list[str] = field(default_factory=list)
    size: int = 0
    length: int = 0

    def tree(self, source: str) -> nodes.Template:
        """Parse and check a text with its partials in place. Raises `TemplateSyntaxError`."""
        self.length += len(source)
        if self.length > limits.SOURCE:
            raise TemplateSyntaxError("longer than 64 KiB: split the template", 1)
        tree = self.parse(source)
        self.size += checked(tree)
        if self.size > limits.NODES:
            raise TemplateSyntaxError("too long with its partials: split the template", 1)
        _Including(self).visit(tree)
        return tree

    def body(self, node: nodes.Include) -> list[nodes.Node]:
        """Return what stands in the place of one include."""
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if not isinstance(name, str):
            raise TemplateSyntaxError("include takes the name of one partial", node.lineno)
        if name not in self.partials:
            if node.ignore_missing:
                return []
            raise TemplateSyntaxError(f"there is no partial.{name[:60]}", node.lineno)
        if name in self.open:
            raise TemplateSyntaxError(f"partial.{name} includes itself", node.lineno)
        self.open.append(name)
        try:
            tree = self.tree(self.partials[name])
        except TemplateSyntaxError as error:
            raise TemplateSyntaxError(f"in partial.{name}: {error.message}", node.lineno) from error
        self.open.pop()
        tree.set_lineno(node.lineno, override=True)
        return tree.body


class _Including(NodeTransformer):
    """Replaces the includes of one tree."""

    def __init__(self, includer: Includer) -> None:
        self.includer = includer

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802 - Jinja's name
        return nodes.Scope(self.includer.body(node), lineno=node.lineno)
