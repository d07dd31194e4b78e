"""What a receiver does once it has written down what arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One reaction. `act` is what happens instead of, or in, the answer:

    `answer` plainly; `stall` for `stall_s` first; `reset` the connection after reading; `hang` up
    without an answer; `flood` with a body without end; `drip` one byte a second; `bomb` with a
    gzip bomb; `headers` without end; `garbage` that is no HTTP.
    """

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Literal[
        "answer", "stall", "reset", "hang", "flood", "drip", "bomb", "headers", "garbage"
    ] = "answer"
    stall_s: float = 3600.0
    record: bool = True
    """Whether the ledger hears of it: a receiver that refuses has accepted nothing."""


OK = Behaviour()


class Script:
    """Reactions in order; the last one repeats. `Script()` answers 200."""

    def __init__(self, *steps: Behaviour) -> None:
        self._steps = list(steps) or [OK]

    def next(self) -> Behaviour:
        """Return the reaction to the next request."""
        return self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]

    def then(self, *steps: Behaviour) -> None:
        """Replace what is left."""
        self._steps = list(steps) or [OK]
