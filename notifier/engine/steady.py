"""Wall time that survives jumps of the wall clock (spec/reliability.md 5.3).

Due times and ages are stored as wall time. If the clock of the machine is set by hours, neither may
everything expire nor may retries wait for hours: within a process time goes on as it went before.
"""

from __future__ import annotations

import logging
from typing import Final

from typing_extensions import override

from notifier.ports import Clock

log = logging.getLogger(__name__)

JUMP_S: Final = 5.0
"""A difference between wall and monotonic time that changes by more at once is a jump."""


class Steady(Clock):
    """Follows the wall clock while it runs; a jump is left to the next start of the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None
        self._jumped = False

    @override
    def now(self) -> float:
        """Return the wall clock as if it had never been set by more than a few seconds at once."""
        monotonic = self._clock.monotonic()
        offset = self._clock.now() - monotonic
        if self._offset is None or abs(offset - self._offset) <= JUMP_S:
            self._offset = offset
            self._jumped = False
        elif not self._jumped:
            self._jumped = True
            seconds = round(offset - self._offset, 1)
            log.warning("wall clock jumped, its former time is kept", extra={"seconds": seconds})
        return monotonic + self._offset

    @override
    def monotonic(self) -> float:
        """Return the inner clock's monotonic time."""
        return self._clock.monotonic()

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait on the inner clock."""
        await self._clock.sleep(seconds)
