"""The list of scenarios. A new one is a decorated function in a module of this package."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.cluster.stage import Stage

Play = Callable[[Stage], Awaitable[None]]

MODULES = (
    "canaries",
    "failures",
    "blue_greens",
    "analyses",
    "experiments",
    "traffic",
    "meshes",
    "workloads",
    "races",
    "restarts",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of them. `repeats`: how many events of a trigger the controller emits more than there are
    occurrences; `why` is the place in spec/transitions.md that names it. `certain`: it does so
    every time, else only when its own cache is late."""

    name: str
    description: str
    play: Play
    repeats: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    certain: bool = True
    counted: bool = True
    """Whether the controller's counter still tells at the end: it forgets what is deleted."""
    alone: bool = False
    """Whether nobody else may play meanwhile."""


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *,
    repeats: Mapping[str, int] | None = None,
    why: str = "",
    certain: bool = True,
    counted: bool = True,
    alone: bool = False,
) -> Callable[[Play], Play]:
    """Register a function under its own name; its docstring is the description."""

    def register(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        description = inspect.getdoc(play) or ""
        SCENARIOS[name] = Scenario(
            name, description, play, repeats or {}, why, certain, counted, alone
        )
        return play

    return register


def every() -> Mapping[str, Scenario]:
    """Return all scenarios by name."""
    for module in MODULES:
        importlib.import_module(f"tests.cluster.scenarios.{module}")
    return SCENARIOS
