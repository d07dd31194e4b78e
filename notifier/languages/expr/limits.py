"""What one expression may cost: the original's limits, and ours where it has none."""

from __future__ import annotations

from typing import Final

from notifier.languages.golang import runs

NODES: Final = 10_000
"""Nodes of one expression (conf.DefaultMaxNodes)."""

MEMORY: Final = 1_000_000
"""Memory units of one evaluation (conf.DefaultMemoryBudget): items of lists and maps that are
built, bytes of `repeat`."""

COPIES: Final = 4_000_000
"""Items of lists that the original shares (slices) or does not charge (`keys`, `split`)."""

EXPR_STEPS: Final = 1_000_000
"""Steps of one evaluation: a turn of a loop, and every `NODES_PER_STEP` nodes of its body."""

LONG: Final = 256
"""Characters of a text that are looked at in one step."""

NODES_PER_STEP: Final = 10
"""Nodes of a loop's body that weigh as much as a step."""

ITEMS_PER_STEP: Final = 4
"""Items looked at one by one that weigh as much as a step."""

HEAVY: Final = 10
"""Steps of a power, of reading a date by one layout, of calling a function of the data."""


TENANT_SHARE: Final = 50
"""The part of steps and copies that the conditions of tenants get: they run on the event loop, and
the slowest took 5 s with all of the steps."""


def memory(limits: runs.Limits) -> int:
    """Return the memory units of a scope: the original's, or fewer where the scope's lists are
    shorter than the central ones (security.md 4.3)."""
    return MEMORY if _central(limits) else min(MEMORY, limits.items)


def steps(limits: runs.Limits) -> int:
    """Return the steps of a scope."""
    return EXPR_STEPS if _central(limits) else EXPR_STEPS // TENANT_SHARE


def copies(limits: runs.Limits) -> int:
    """Return the copied items of a scope."""
    return COPIES if _central(limits) else COPIES // TENANT_SHARE


def _central(limits: runs.Limits) -> bool:
    return limits.items >= runs.CENTRAL.items
