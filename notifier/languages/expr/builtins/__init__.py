"""The builtin functions of expressions: `FUNCTIONS` has all of them."""

from notifier.languages.expr.builtins import arithmetic, lists, moments, predicates, texts
from notifier.languages.expr.builtins.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function", "arithmetic", "lists", "moments", "predicates", "texts"]
