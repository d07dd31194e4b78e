"""Many Rollouts of which some live on while the daemon is away: what is left to tell afterwards.

Serves the test of `test_gap` and, in full size, the benchmark (spec/reliability.md F28).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.acceptance.controlling import ABORTED, COMPLETED, Canary, Load
from tests.acceptance.harness import Harness, Receiver, subscriptions, until, webhook

RESULTS = (COMPLETED, ABORTED)
"""How a revision ends; each life below has one of them, and it is its last version."""

SEED = 20261126


@dataclass(frozen=True, slots=True)
class Told:
    """One message: what it tells of whom. `recovered` is None if it does not say."""

    rollout: str
    trigger: str
    recovered: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a gap: the messages by number of copies, those that were due, how many the
    first sight caused, and how long the restart took until ready and until the last message
    (seconds)."""

    arrived: Counter[Told]
    due: Counter[Told]
    first: int
    ready_s: float
    told_s: float


async def relisted(harness: Harness, *, rollouts: int, namespaces: int, changed: int) -> Outcome:
    """Let `changed` of the Rollouts come to an end of another revision while the daemon is down.

    Every version of the gap is compacted away, as half an hour does it: a list is all there is.
    """
    receiver = await harness.receiver("results")
    harness.configure(
        {
            "service.webhook.results": webhook(receiver.where),
            "subscriptions": subscriptions("results:", triggers=RESULTS),
        }
    )
    load = Load(harness.emulator, rollouts=rollouts, namespaces=namespaces, seed=SEED)
    lives = [_deployed(canary) for canary in load.canaries]
    first = await (await harness.start()).ready()
    await first.stop()
    first_sight = len(receiver.entries())
    due = Counter(
        Told(load.canaries[number].uid, _ended(load.canaries[number], lives[number]), True)
        for number in range(0, rollouts, rollouts // changed)
    )
    harness.emulator.compact()
    started = time.monotonic()
    daemon = await (await harness.start()).ready()
    ready_s = time.monotonic() - started
    await until(lambda: len(receiver.entries()) >= changed, "every result arrived", 120)
    told_s = time.monotonic() - started
    await daemon.settled()
    await daemon.stop()
    return Outcome(Counter(_told(receiver)), due, first_sight, ready_s, told_s)


def _deployed(canary: Canary) -> Iterator[None]:
    """Bring a Rollout to its first complete revision; return the rest of its life."""
    life = canary.live()
    while COMPLETED not in canary.history[-1].told:
        next(life)
    return life


def _ended(canary: Canary, life: Iterator[None]) -> str:
    """Go on until a revision ends; return how it did."""
    next(life)
    while not (found := canary.history[-1].told.intersection(RESULTS)):
        next(life)
    (result,) = found
    return result


def _told(receiver: Receiver) -> Iterator[Told]:
    """Yield what arrived."""
    for entry in receiver.entries():
        body: Mapping[str, object] = json.loads(entry["body"])
        rollout = body["rollout"]
        assert isinstance(rollout, dict)
        recovered = body.get("recovered")
        yield Told(
            rollout["uid"],
            str(body["trigger"]),
            recovered if isinstance(recovered, bool) else None,
        )
