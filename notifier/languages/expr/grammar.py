"""The tables of the grammar: how tightly operators bind, and what builtins take predicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

UNARY: Final[Mapping[str, int]] = {"not": 50, "!": 50, "-": 90, "+": 90}
"""Precedence of the operators before an operand."""

BINARY: Final[Mapping[str, int]] = {
    "|": 0,
    "or": 10,
    "||": 10,
    "and": 15,
    "&&": 15,
    "==": 20,
    "!=": 20,
    "<": 20,
    ">": 20,
    ">=": 20,
    "<=": 20,
    "in": 20,
    "matches": 20,
    "contains": 20,
    "startsWith": 20,
    "endsWith": 20,
    "..": 25,
    "+": 30,
    "-": 30,
    "*": 60,
    "/": 60,
    "%": 60,
    "**": 100,
    "^": 100,
    "??": 500,
}
"""Precedence of the operators between operands."""

RIGHT: Final = frozenset(("**", "^"))
"""Operators that group from the right."""

COMPARISONS: Final = frozenset(("<", ">", ">=", "<="))
"""Operators that may follow one another: `1 < x < 3`."""

CONJUNCTIONS: Final = frozenset(("and", "&&"))
DISJUNCTIONS: Final = frozenset(("or", "||"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a builtin that takes a predicate."""

    kind: Literal["expression", "predicate"]
    optional: bool = False


_LIST: Final = Parameter("expression")
_PREDICATE: Final = Parameter("predicate")
_EXTRA: Final = Parameter("expression", optional=True)
_MAYBE: Final = Parameter("predicate", optional=True)

PREDICATES: Final[Mapping[str, tuple[Parameter, ...]]] = {
    **dict.fromkeys(("all", "none", "any", "one", "filter", "map"), (_LIST, _PREDICATE)),
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex"), (_LIST, _PREDICATE)),
    **dict.fromkeys(("count", "sum"), (_LIST, _MAYBE)),
    "groupBy": (_LIST, _PREDICATE),
    **dict.fromkeys(("sortBy", "reduce"), (_LIST, _PREDICATE, _EXTRA)),
}
"""Parameters of the builtins that take predicates."""
