"""Several daemons on one PostgreSQL under load, and the check of their promises afterwards.

A term is the time for which one replica observes. What it listed, and what the store remembered
when it was over, is what the oracle (`promises`) needs to know.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.stores.postgres.store import PostgresStore
from tests.acceptance import promises
from tests.acceptance.controlling import ABORTED, COMPLETED, ORDER, UPDATED, Load
from tests.acceptance.harness import Daemon, Harness, Receiver, until, webhook
from tests.acceptance.promises import Figures, Run

SUBSCRIBED: Final[Mapping[str, Sequence[str]]] = {
    "audit": ORDER,
    "slow": ORDER,
    "few": (COMPLETED, ABORTED),
}


class Replicas:
    """So many daemons, thirty canaries, three receivers. Use `begin`, then `finish`.

    `times` are the settings of the election.
    """

    def __init__(
        self, harness: Harness, url: str, *, count: int, seed: int, times: Mapping[str, float]
    ) -> None:
        self.harness = harness
        self.load = Load(harness.emulator, rollouts=30, namespaces=6, seed=seed)
        self.receivers: dict[str, Receiver] = {}
        self.daemons: dict[str, Daemon] = {}
        self.frozen: set[str] = set()
        self.runs: list[Run] = []
        self.duration_s = times["duration_s"]
        self._url = url
        self._count = count
        self._settings: dict[str, dict[str, Any]] = {
            "store": {"type": "postgres", "url": url},
            "election": {"enabled": True, **times},
            "delivery": {"allow_addresses": ["127.0.0.1"], "lease_s": 6, "timeout_s": 2},
        }
        self._since = time.monotonic()

    async def begin(self) -> None:
        """Start the receivers, configure, start every replica, wait for one that observes."""
        self.receivers = {
            "audit": await self.harness.receiver("audit"),
            "slow": await self.harness.receiver("slow", "--stall", "0.02"),
            "few": await self.harness.receiver("few"),
        }
        services = {
            f"service.webhook.{name}": webhook(f"{receiver.where}/{name}")
            for name, receiver in self.receivers.items()
        }
        listed = [
            {"recipients": [f"{name}:"], "triggers": list(triggers)}
            for name, triggers in SUBSCRIBED.items()
        ]
        self.harness.configure({**services, "subscriptions": json.dumps(listed)})
        for number in range(self._count):
            await self.start(f"replica-{number}")
        await self.led()

    async def start(self, name: str) -> Daemon:
        """Start a replica (again) and wait for its ports."""
        self.daemons[name] = await self.harness.start(name, **self._settings)
        await self.daemons[name].listening()
        return self.daemons[name]

    async def leader(self) -> str:
        """Return the name of the replica that says it observes, of those that are awake."""
        for name, daemon in self.daemons.items():
            if name in self.frozen or daemon.ended:
                continue
            detail = json.loads((await daemon.get("/readyz?verbose"))[1])
            if detail["role"] == "leader" and detail["ready"]:
                return name
        return ""

    async def led(self, *, other_than: str = "", seconds: float = 20.0) -> str:
        """Wait until a replica observes, and has listed everything; return its name."""
        found = ""

        async def is_led() -> bool:
            nonlocal found
            found = await self.leader()
            return found not in ("", other_than)

        await until(is_led, "a replica leads", seconds)
        return found

    def follower(self, leader: str) -> str:
        """Return the name of a replica that runs and does not observe."""
        return next(name for name, one in self.daemons.items() if name != leader and not one.ended)

    async def term_ended(self) -> None:
        """Note what the store remembers, once the replica that observed writes no more."""
        await asyncio.sleep(0.5)  # a commit that is on its way
        store = await self.opened()
        committed = await promises.committed(store)
        await store.close()
        lists = self.harness.emulator.asked("list", "rollouts")
        listed = [request.at for request in lists if request.at >= self._since]
        self.runs.append(Run(listed[0] if listed else None, committed))
        self._since = time.monotonic()

    async def opened(self) -> PostgresStore:
        """Open the store beside the replicas."""
        store = PostgresStore(self._url)
        await store.open()
        return store

    async def finish(self) -> Figures:
        """Wait until everything is told and sent, stop every replica, and check I1 to I4."""
        for canary in self.load.canaries:
            canary.new_revision()
        leader = await self.led()
        await until(self._last_are_told, "the last revisions arrived", 60)
        await next(one for one in self.daemons.values() if not one.ended).settled(60)
        # Who observes goes last, or another would take over for a moment.
        for _, daemon in sorted(self.daemons.items(), key=lambda item: item[0] == leader):
            if not daemon.ended:
                await daemon.stop()
        await self.term_ended()
        terms = self.harness.raw_log().count(b'"event":"leading"')
        assert terms == len(self.runs), "a leader changed by itself: the machine is too busy"
        last = {canary.uid: canary.history[-1].version for canary in self.load.canaries}
        assert self.runs[-1].committed == last
        store = await self.opened()
        try:
            return await promises.check(
                store, self.load.canaries, self.runs, self.receivers, SUBSCRIBED
            )
        finally:
            await store.close()

    def _last_are_told(self) -> bool:
        bodies = (entry["body"] for entry in self.receivers["audit"].entries())
        told = {
            (rollout["uid"], rollout["revision"])
            for body in map(json.loads, bodies)
            if body["trigger"] == UPDATED and (rollout := body["rollout"])
        }
        return {(each.uid, each.history[-1].stage.revision) for each in self.load.canaries} <= told
