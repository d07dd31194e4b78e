"""Configurations of teams: who takes part, what stands on what, and that none harms another."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from typing_extensions import override

from notifier.core.configuration import Configuration
from notifier.core.errors import Forbidden, Problem
from notifier.core.model import Delivery, State
from notifier.core.outside import Text, Verdicts
from notifier.core.settings import SelfServiceSettings
from notifier.engine import admitting
from notifier.engine.configuring import Configuring, Place, Teams
from notifier.languages import LanguageError
from notifier.ports import Renderer, Settlement
from tests.engine import fakes
from tests.engine.conftest import Bench
from tests.engine.fakes import delivery

pytestmark = pytest.mark.looptime(start=0)

OWN = "notifier"
PLACE = Place(namespace=OWN, config_map="cm", secret="secret")


class Cluster(fakes.FakeCluster):
    """A cluster whose ConfigMaps change when a test says so; each may be forbidden by namespace."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: set[str] = set()
        self.watching: Counter[str] = Counter()
        self.fetched: Counter[tuple[str, str]] = Counter()
        self.changed = asyncio.Condition()

    async def config_map(self, namespace: str, **data: str) -> None:
        """Write the ConfigMap of a namespace; without data it is deleted."""
        if data:
            self.put(
                "ConfigMap", {"metadata": {"namespace": namespace, "name": "cm"}, "data": data}
            )
        else:
            self.objects.pop(("ConfigMap", namespace, "cm"), None)
        await self.wake()

    async def wake(self) -> None:
        """Let the watches look."""
        async with self.changed:
            self.changed.notify_all()

    def secret(self, namespace: str, token: str) -> None:
        """Write the Secret of a namespace."""
        data = {"token": base64.b64encode(token.encode()).decode()}
        self.put("Secret", {"metadata": {"namespace": namespace, "name": "secret"}, "data": data})

    @override
    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        self.fetched[kind, namespace] += 1
        if namespace in self.forbidden:
            raise Forbidden(f"{kind} in {namespace}: forbidden")
        return self.objects.get((kind, namespace, name))

    @override
    async def watch_object(
        self, kind: str, namespace: str, name: str
    ) -> AsyncIterator[bytes | None]:
        self.watching[namespace] += 1
        last: bytes | None = b"nothing yet"
        try:
            while True:
                if namespace in self.forbidden:
                    raise Forbidden(f"{kind} in {namespace}: forbidden")
                raw = self.objects.get((kind, namespace, name))
                if raw != last:
                    last = raw
                    yield raw
                    continue  # it may have changed meanwhile
                async with self.changed:
                    await self.changed.wait()
        finally:
            self.watching[namespace] -= 1


@dataclass
class Child(Renderer):
    """Checks texts: one that holds `bad` is bad."""

    checked: list[tuple[str, str]] = field(default_factory=list)

    @override
    async def check(self, scope: str, texts: Sequence[Text]) -> Sequence[LanguageError | None]:
        self.checked += [(scope, text.text) for text in texts]
        return [LanguageError("is bad") if "bad" in text.text else None for text in texts]

    @override
    async def render(self, task: Any) -> Sequence[Any]:
        raise AssertionError("nothing is rendered here")


def central(
    config_map: Mapping[str, str], secret: Mapping[str, bytes], previous: Configuration | None
) -> Configuration:
    """Compile the central configuration: its context is its ConfigMap."""
    del secret, previous
    return Configuration(context=dict(config_map))


def team(
    namespace: str,
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes],
    base: Configuration,
    previous: Configuration | None,
    verdicts: Verdicts,
) -> Configuration:
    """Compile as the real one does: services with tokens, texts checked outside, a context that
    stands on the central one; `explode` is a defect of ours."""
    del previous
    if "explode" in config_map:
        raise ZeroDivisionError
    token = secret.get("token", b"none").decode()
    problems = []
    for text in config_map.get("texts", "").split():
        wanted = Text(text)
        verdicts.met.add(wanted)
        if wanted not in verdicts.known:
            verdicts.unknown.append(wanted)
        elif (error := verdicts.known[wanted]) is not None:
            problems.append(Problem(document=namespace, key=text, message=error.message))
    return Configuration(
        scope=namespace,
        services={
            name: fakes.service(name, scope=namespace, token=token)
            for name in config_map.get("services", "").split()
        },
        context=dict(base.context),
        problems=problems,
    )


class Rig:
    """A configuring with teams."""

    def __init__(self, bench: Bench, **settings: Any) -> None:
        self.bench = bench
        self.cluster = Cluster()
        self.child = Child()
        self.secrets: dict[str, list[str]] = {}
        self.dismissed: list[list[str]] = []
        bench.dispatch()
        self.configuring = Configuring(
            cluster=self.cluster,
            store=bench.store,
            gates=bench.gates,
            compile_with=central,
            place=PLACE,
            clock=bench.clock,
            recorder=bench.recorder,
            status=bench.status,
            teams=Teams(
                settings=SelfServiceSettings(enabled=True, **settings),
                config_map="cm",
                secret="secret",
                compile_with=team,
                renderer=self.child,
            ),
            on_secrets=lambda scope, values: self.secrets.update({scope: list(values)}),
            on_dismissed=lambda left: self.dismissed.append(sorted(left)),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the end of the block."""
        task = asyncio.create_task(self.configuring.run())
        try:
            await asyncio.wait_for(self.configuring.loaded(), 30)
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    def of(self, namespace: str) -> Configuration:
        """Return the configuration of a namespace."""
        found = self.configuring.of_scope(namespace)
        assert found is not None
        return found

    def scopes(self, namespace: str) -> list[str]:
        """Return the scopes that apply to a namespace, in order."""
        return [each.scope for each in self.configuring.for_namespace(namespace)]

    def select(self, **labelled: bool) -> None:
        """Let namespaces come (True) or go; `_` stands for `-`."""
        changes = {
            ("", name.replace("_", "-")): b"{}" if there else None
            for name, there in labelled.items()
        }
        self.cluster.selected["Namespace"].put_nowait((False, changes))


async def test_an_empty_config_map_that_appears_is_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever creates one to begin with can see that it is read; one that is absent is not told."""
    rig = Rig(bench, namespaces=("pay",))

    def told() -> int:
        found = [each for each in caplog.records if each.message == "configuration in force"]
        return sum(each.__dict__["scope"] == "pay" for each in found)

    with caplog.at_level(logging.INFO):
        async with rig.running():
            await asyncio.sleep(5)
            assert told() == 0
            rig.cluster.put("ConfigMap", {"metadata": {"namespace": "pay", "name": "cm"}})
            await rig.cluster.wake()
            await asyncio.sleep(5)
            assert told() == 1
            assert bench.recorder.counts["configured", "pay"] == 1


async def test_a_team_has_its_own_configuration_before_the_central_one(bench: Bench) -> None:
    """Its own first; a namespace that does not take part has the central one alone, and so has the
    daemon's own, even if it is listed."""
    rig = Rig(bench, namespaces=("shop", OWN))
    rig.cluster.secret("shop", "one")
    await rig.cluster.config_map("shop", services="post")
    async with rig.running():
        assert rig.scopes("shop") == ["shop", "central"]
        assert rig.scopes("pay") == ["central"]
        assert rig.scopes(OWN) == ["central"]
        assert rig.scopes("") == ["shop", "central"]
        assert rig.of("shop").services["post"].options.token == "one"
        assert rig.secrets["shop"] == ["one"]
        assert rig.configuring.has_own("shop")
        assert not rig.configuring.has_own("pay")


async def test_a_change_is_in_force_soon_and_harms_no_other(bench: Bench) -> None:
    """Only the scope that changed is compiled; a deleted ConfigMap counts as empty."""
    rig = Rig(bench, namespaces=("pay", "shop"))
    await rig.cluster.config_map("shop", services="post")
    await rig.cluster.config_map("pay", services="mail")
    async with rig.running():
        before = rig.of("pay")
        await rig.cluster.config_map("shop", services="post other")
        await asyncio.sleep(2)
        assert set(rig.of("shop").services) == {"post", "other"}
        assert rig.of("pay") is before
        await rig.cluster.config_map("shop")
        await asyncio.sleep(2)
        assert rig.of("shop").services == {}


async def test_a_team_that_edits_all_the_time_is_compiled_once_a_second(bench: Bench) -> None:
    """Compiling is work: nobody keeps the daemon busy with edits."""
    rig = Rig(bench, namespaces=("shop",))
    async with rig.running():
        before = bench.recorder.counts["configured", "shop"]
        for number in range(100):
            await rig.cluster.config_map("shop", services=f"post-{number}")
            await asyncio.sleep(0.1)
        assert bench.recorder.counts["configured", "shop"] - before <= 12
        await asyncio.sleep(2)
        assert set(rig.of("shop").services) == {"post-99"}


async def test_the_central_configuration_reaches_every_team(bench: Bench) -> None:
    """What teams stand on is theirs as soon as it changes."""
    rig = Rig(bench, namespaces=("pay", "shop"))
    async with rig.running():
        await rig.cluster.config_map(OWN, channel="#ops")
        await asyncio.sleep(1)
        assert rig.of("shop").context == {"channel": "#ops"}
        assert rig.of("pay").context == {"channel": "#ops"}


async def test_a_namespace_without_rights_degrades_alone(bench: Bench) -> None:
    """It is shown, the others work; with the right it works, without it the last good stays."""
    rig = Rig(bench, namespaces=("pay", "shop"))
    rig.cluster.forbidden.add("shop")
    await rig.cluster.config_map("shop", services="post")
    await rig.cluster.config_map("pay", services="mail")
    async with rig.running():
        assert set(rig.of("pay").services) == {"mail"}
        assert rig.bench.status.faults() == ("configuration/shop: ConfigMap in shop: forbidden",)
        rig.cluster.forbidden.clear()
        await asyncio.sleep(80)
        assert set(rig.of("shop").services) == {"post"}
        assert rig.bench.status.faults() == ()
        rig.cluster.forbidden.add("shop")
        await rig.cluster.wake()
        await asyncio.sleep(1)
        assert set(rig.of("shop").services) == {"post"}
        assert len(rig.bench.status.faults()) == 1


async def test_a_secret_that_may_not_be_read_is_shown(bench: Bench) -> None:
    """Credentials in force stay, and the next look finds the new ones."""
    rig = Rig(bench, namespaces=("shop",))
    rig.cluster.secret("shop", "one")
    await rig.cluster.config_map("shop", services="post")
    async with rig.running():
        rig.cluster.secret("shop", "two")
        await asyncio.sleep(400)
        assert rig.of("shop").services["post"].options.token == "two"
        assert rig.secrets["shop"] == ["two"]


async def test_a_refused_credential_of_a_team_is_looked_at(bench: Bench) -> None:
    """Soon, and its parked rows go on."""
    rig = Rig(bench, namespaces=("shop",))
    rig.cluster.secret("shop", "one")
    await rig.cluster.config_map("shop", services="post")
    async with rig.running():
        await asyncio.sleep(1)
        rig.cluster.secret("shop", "two")
        rig.configuring.doubt_credentials("shop")
        await asyncio.sleep(0.1)
        assert rig.of("shop").services["post"].options.token == "two"


async def test_without_a_config_map_no_secret_is_read(bench: Bench) -> None:
    """Hundreds of namespaces that take part and write nothing cost nothing."""
    rig = Rig(bench, namespaces=("shop",))
    async with rig.running():
        await asyncio.sleep(1000)
        assert rig.cluster.fetched["Secret", "shop"] == 0
        assert bench.recorder.counts["configured", "shop"] == 0


async def test_a_defect_of_ours_costs_one_team_its_change(bench: Bench) -> None:
    """The last good configuration stays in force, the fault is shown, the daemon lives."""
    rig = Rig(bench, namespaces=("pay", "shop"))
    await rig.cluster.config_map("shop", services="post")
    async with rig.running():
        await rig.cluster.config_map("shop", explode="1")
        await asyncio.sleep(2)
        assert set(rig.of("shop").services) == {"post"}
        assert "ZeroDivisionError" in rig.of("shop").problems[0].message
        await rig.cluster.config_map("shop", services="other")
        await asyncio.sleep(2)
        assert set(rig.of("shop").services) == {"other"}


def parked(claimed: Delivery) -> Settlement:
    """Return the settlement of a refused credential."""
    return Settlement(
        delivery_id=claimed.id,
        token=claimed.token,
        number=claimed.attempt,
        state=State.PARKED,
        due_at=fakes.EPOCH + 3600,
        reason="credential",
    )


async def test_rows_of_a_team_are_re_armed_when_its_credential_changes(bench: Bench) -> None:
    """By scope: the row of another scope with a service of that name stays parked."""
    rig = Rig(bench, namespaces=("shop",))
    rig.cluster.secret("shop", "one")
    await rig.cluster.config_map("shop", services="post")
    own, other = delivery(1, scope="shop"), delivery(2, recipient="x")
    async with rig.running():
        await bench.commit(own, other)
        claimed = await bench.store.claim(now=fakes.EPOCH + 1, limit=2, lease_s=60)
        assert len(claimed) == 2
        await bench.store.settle([parked(each) for each in claimed], now=fakes.EPOCH + 1)
        rig.cluster.secret("shop", "two")
        rig.configuring.doubt_credentials("shop")
        await asyncio.sleep(0.1)
        rows = {each.id: each for each in await bench.store.deliveries(fakes.ALL)}
    assert rows[own.id].due_at < fakes.EPOCH + 60
    assert rows[other.id].due_at == fakes.EPOCH + 3600


# --- texts that only the child may compile -----------------------------------------------------


async def test_texts_are_checked_once_and_their_faults_reported(bench: Bench) -> None:
    """What was good is not asked about again; what is bad is a problem of the key."""
    rig = Rig(bench, namespaces=("shop",))
    await rig.cluster.config_map("shop", texts="good bad")
    async with rig.running():
        assert [each.key for each in rig.of("shop").problems] == ["bad"]
        assert rig.child.checked == [("shop", "good"), ("shop", "bad")]
        await rig.cluster.config_map("shop", texts="good better")
        await asyncio.sleep(2)
        assert rig.of("shop").problems == []
        assert rig.child.checked[2:] == [("shop", "better")]


async def test_a_disabled_text_is_shown_to_its_owner(bench: Bench) -> None:
    """As a fault of the key that holds it, until it is edited."""
    rig = Rig(bench, namespaces=("shop",))
    await rig.cluster.config_map("shop", texts="slow")
    async with rig.running():
        rig.configuring.disable("shop", Text("slow"), LanguageError("is disabled"))
        await asyncio.sleep(1)
        assert [each.message for each in rig.of("shop").problems] == ["is disabled"]
        await rig.cluster.config_map("shop", texts="quick")
        await asyncio.sleep(2)
        assert rig.of("shop").problems == []


# --- namespaces come and go ---------------------------------------------------------------------


async def test_selected_namespaces_come_and_go(bench: Bench) -> None:
    """One that leaves is forgotten: configuration, secrets, degraded parts, connections."""
    rig = Rig(bench, namespace_selector="notify=yes", namespaces=("fixed",))
    rig.cluster.secret("shop", "one")
    await rig.cluster.config_map("shop", services="post")
    rig.cluster.selected["Namespace"].put_nowait((True, {("", "shop"): b"{}", ("", OWN): b"{}"}))
    async with rig.running():
        assert rig.scopes("shop") == ["shop", "central"]
        assert rig.scopes("fixed") == ["fixed", "central"]
        assert rig.scopes(OWN) == ["central"]
        rig.cluster.forbidden.add("pay")
        rig.select(pay=True)
        await asyncio.sleep(1)
        assert rig.scopes("pay") == ["pay", "central"]
        assert len(rig.bench.status.faults()) == 1
        rig.select(pay=False, shop=False)
        await asyncio.sleep(1)
        assert rig.scopes("shop") == ["central"]
        assert rig.configuring.of_scope("shop") is None
        assert rig.secrets["shop"] == []
        assert rig.bench.status.faults() == ()
        assert rig.dismissed[-1] == ["fixed"]
        assert rig.cluster.watching["shop"] == 0
        assert bench.recorder.counts["unconfigured", "shop"] == 1


async def test_a_namespaces_watch_without_rights_leaves_those_listed_by_name(bench: Bench) -> None:
    """It is shown, tried again, and starts nobody's messages late."""
    rig = Rig(bench, namespace_selector="notify=yes", namespaces=("fixed",))
    rig.cluster.selected["Namespace"].put_nowait(Forbidden("namespaces: forbidden"))
    async with rig.running():
        assert rig.scopes("fixed") == ["fixed", "central"]
        assert rig.bench.status.faults() == ("self-service: namespaces: namespaces: forbidden",)
        rig.cluster.selected["Namespace"].put_nowait((True, {("", "shop"): b"{}"}))
        await asyncio.sleep(60)
        assert rig.scopes("shop") == ["shop", "central"]
        assert rig.bench.status.faults() == ()


async def test_beyond_a_hundred_they_are_looked_at_once_a_minute(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hundred have a watch each, the others a look a minute."""
    monkeypatch.setattr(admitting, "WATCHED", 3)
    names = tuple(f"team-{number}" for number in range(5))
    rig = Rig(bench, namespaces=names)
    async with rig.running():
        assert sum(rig.cluster.watching[name] for name in names) == 3
        await rig.cluster.config_map("team-4", services="post")
        await asyncio.sleep(90)
        assert set(rig.of("team-4").services) == {"post"}
        reads = rig.cluster.fetched["ConfigMap", "team-4"]
        await asyncio.sleep(600)
        assert 8 <= rig.cluster.fetched["ConfigMap", "team-4"] - reads <= 12
        assert bench.recorder.counts["configured", "team-4"] == 1


async def test_a_look_that_is_refused_is_shown_and_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polled namespaces degrade alone, too."""
    monkeypatch.setattr(admitting, "WATCHED", 0)
    rig = Rig(bench, namespaces=("pay", "shop"))
    rig.cluster.forbidden.add("shop")
    await rig.cluster.config_map("shop", services="post")
    async with rig.running():
        assert rig.bench.status.faults() == ("configuration/shop: ConfigMap in shop: forbidden",)
        rig.cluster.forbidden.clear()
        await asyncio.sleep(90)
        assert set(rig.of("shop").services) == {"post"}
        assert rig.bench.status.faults() == ()


# --- simple mode --------------------------------------------------------------------------------


def labelled(**data: str) -> bytes:
    """Return a labelled ConfigMap."""
    return orjson.dumps({"data": data})


async def test_simple_mode_follows_labelled_config_maps(bench: Bench) -> None:
    """One watch for all; whoever writes the ConfigMap takes part, another name does not count."""
    rig = Rig(bench, mode="simple")
    queue = rig.cluster.selected["ConfigMap"]
    queue.put_nowait(
        (
            True,
            {
                ("shop", "cm"): labelled(services="post"),
                ("pay", "another"): labelled(services="post"),
                (OWN, "cm"): labelled(services="post"),
            },
        )
    )
    async with rig.running():
        assert rig.scopes("shop") == ["shop", "central"]
        assert rig.scopes("pay") == ["central"]
        assert rig.scopes(OWN) == ["central"]
        queue.put_nowait((False, {("shop", "cm"): labelled(services="other")}))
        queue.put_nowait((False, {("pay", "cm"): labelled(services="mail")}))
        await asyncio.sleep(1)
        assert set(rig.of("shop").services) == {"other"}
        assert set(rig.of("pay").services) == {"mail"}
        queue.put_nowait((False, {("shop", "cm"): None}))
        await asyncio.sleep(1)
        assert rig.scopes("shop") == ["central"]
        assert rig.cluster.fetched["ConfigMap", "shop"] == 0


async def test_simple_mode_may_be_limited_to_namespaces(bench: Bench) -> None:
    """A label is a filter, not a right: the operator may name who takes part."""
    rig = Rig(bench, mode="simple", namespaces=("shop",))
    both = {("shop", "cm"): labelled(services="post"), ("pay", "cm"): labelled(services="post")}
    rig.cluster.selected["ConfigMap"].put_nowait((True, both))
    async with rig.running():
        assert rig.scopes("shop") == ["shop", "central"]
        assert rig.scopes("pay") == ["central"]


async def test_simple_mode_waits_for_the_list_only_so_long(bench: Bench) -> None:
    """An API server that does not answer does not keep the operator's messages back."""
    rig = Rig(bench, mode="simple")
    async with rig.running():
        assert 15 < bench.clock.monotonic() < 30
        assert rig.scopes("shop") == ["central"]
