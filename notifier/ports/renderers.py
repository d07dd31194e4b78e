"""Templates of teams, compiled and rendered elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from notifier.core.outside import Outcome, Task, Text
from notifier.languages import LanguageError


class Renderer(Protocol):
    """Compiles and renders templates of teams outside this process; never raises for them."""

    async def check(self, scope: str, texts: Sequence[Text]) -> Sequence[LanguageError | None]:
        """Return for each text of a scope what is wrong with it, None for a good one."""
        ...

    async def render(self, task: Task) -> Sequence[Outcome]:
        """Return for each text of a task what it says, or why it says nothing."""
        ...
