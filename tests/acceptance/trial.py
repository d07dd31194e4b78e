"""A daemon under load that is ended and started again, and the check of its promises afterwards."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Mapping, Sequence

from tests.acceptance import promises
from tests.acceptance.controlling import ABORTED, COMPLETED, ORDER, UPDATED, Load
from tests.acceptance.harness import Daemon, Harness, Receiver, until, webhook
from tests.acceptance.promises import Figures, Run

SUBSCRIBED: Mapping[str, Sequence[str]] = {
    "audit": ORDER,
    "slow": ORDER,
    "mail": (ABORTED,),
    "chat": (COMPLETED, ABORTED),
}
"""Who hears of what; `slow` takes its time to answer, so that attempts are cut in between."""


class Trial:
    """Thirty canaries, four receivers, one daemon at a time. Use `begin`, then `end`, `finish`."""

    def __init__(self, harness: Harness, seed: int) -> None:
        annotations = {
            f"notifications.argoproj.io/subscribe.{trigger}.chat": "{name}"
            for trigger in SUBSCRIBED["chat"]
        }
        self.harness = harness
        self.load = Load(
            harness.emulator, rollouts=30, namespaces=6, seed=seed, annotations=annotations
        )
        self.receivers: dict[str, Receiver] = {}
        self.runs: list[Run] = []
        self._since = time.monotonic()

    async def begin(self) -> None:
        """Start and configure the receivers, then the daemon, and wait until it is ready."""
        self.receivers = {
            "audit": await self.harness.receiver("audit"),
            "slow": await self.harness.receiver("slow", "--stall", "0.04"),
            "mail": await self.harness.receiver("mail", "--kind", "email"),
            "chat": await self.harness.receiver("chat", "--kind", "slack"),
        }
        audit, slow, mail, chat = (receiver.where for receiver in self.receivers.values())
        relay = {"host": "127.0.0.1", "port": int(mail), "tls": "none", "from": "us@example.com"}
        wishes = {"audit:": "audit", "slow:": "slow", "mail:team@example.com": "mail"}
        listed = [
            {"recipients": [recipient], "triggers": list(SUBSCRIBED[service])}
            for recipient, service in wishes.items()
        ]
        self.harness.configure(
            {
                "service.webhook.audit": webhook(f"{audit}/audit"),
                "service.webhook.slow": webhook(f"{slow}/slow"),
                "service.email.mail": json.dumps(relay),
                "service.slack.chat": json.dumps({"token": "$token", "apiURL": chat}),
                "subscriptions": json.dumps(listed),
            },
            {"token": "xoxb-of-a-trial"},
        )
        await self.start()
        await self.daemon.ready()

    async def start(self) -> Daemon:
        """Start the daemon (again)."""
        self._since = time.monotonic()
        self.daemon = await self.harness.start()
        return self.daemon

    async def kill(self) -> None:
        """Kill -9, and look at what it left."""
        await self.daemon.kill()
        self.runs.append(await self._examined())

    async def stop(self) -> float:
        """SIGTERM, and look at what it left; return how long it took."""
        seconds = await self.daemon.stop()
        self.runs.append(await self._examined())
        return seconds

    async def finish(self) -> Figures:
        """Wait until everything is told and sent, stop, and check I1 to I4."""
        for canary in self.load.canaries:
            canary.new_revision()
        await self.daemon.ready()
        await until(self._last_are_told, "the last revisions arrived", 60)
        await self.daemon.settled(60)
        await self.stop()
        last = {canary.uid: canary.history[-1].version for canary in self.load.canaries}
        assert self.runs[-1].committed == last
        store = await self.harness.opened()
        try:
            return await promises.check(
                store, self.load.canaries, self.runs, self.receivers, SUBSCRIBED
            )
        finally:
            await store.close()

    def _last_are_told(self) -> bool:
        bodies = [entry["body"] for entry in self.receivers["audit"].entries()]
        told = {
            (rollout["uid"], rollout["revision"])
            for body in map(json.loads, (body for body in bodies if body.startswith(b"{")))
            if body["trigger"] == UPDATED and (rollout := body["rollout"])
        }  # a digest is a line of text
        last = {(each.uid, each.history[-1].stage.revision) for each in self.load.canaries}
        return last <= told

    async def _examined(self) -> Run:
        """Open a copy of the store and read what was committed; fails if it is damaged."""
        copy = self.harness.folder / "examined"
        copy.mkdir()
        for suffix in ("", "-wal"):
            source = self.harness.store.with_name(self.harness.store.name + suffix)
            if source.exists():
                await asyncio.to_thread(shutil.copy, source, copy)
        store = await self.harness.opened(copy / self.harness.store.name)
        committed = await promises.committed(store)
        await store.close()
        shutil.rmtree(copy)
        lists = self.harness.emulator.asked("list", "rollouts")
        listed = [request.at for request in lists if request.at >= self._since]
        return Run(listed[0] if listed else None, committed)
