"""Several replicas on one database, answers that are lost, connections that are cut (F23, F24)."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest
from msgspec.structs import replace

from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State
from notifier.ports import Intake
from notifier.stores import scripts
from notifier.stores.postgres.database import PACKAGE
from notifier.stores.postgres.store import PostgresStore
from tests import postgres
from tests.stores import cutting, examples, places
from tests.stores.examples import LEASE_S, NOW

pytestmark = pytest.mark.skipif(not places.available(), reason=postgres.missing() or "present")


@asynccontextmanager
async def opened(url: str, count: int = 1) -> AsyncIterator[list[PostgresStore]]:
    """Give so many replicas of a store."""
    async with AsyncExitStack() as stack:
        stores = [PostgresStore(url) for _ in range(count)]
        for store in stores:
            await store.open()
            stack.push_async_callback(store.close)
        yield stores


@pytest.fixture
def url() -> str:
    """An empty database."""
    return postgres.shared().database()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A server of its own, that a test may stop."""
    folder = places.readable(tmp_path_factory.mktemp("server"))
    with postgres.Server(folder / "cluster").running() as running:
        yield running


@asynccontextmanager
async def forgetful(url: str) -> AsyncIterator[tuple[PostgresStore, cutting.Relay]]:
    """Give a store behind a relay that can lose answers of the server."""
    server = postgres.shared()
    relay = cutting.Relay(server.port)
    async with relay.running():
        through = url.replace(f":{server.port}/", f":{relay.port}/")
        async with opened(through) as (store,):
            yield store, relay


def lanes(count: int, each: int) -> list[Delivery]:
    """Return the rows of so many lanes, in order."""
    return [
        examples.delivery(str(number), examples.rollout(f"r{lane}", f"team-{lane % 5}"))
        for number in range(each)
        for lane in range(count)
    ]


# --- two that claim -----------------------------------------------------------------------------


async def test_no_row_is_claimed_twice(url: str) -> None:
    """Three replicas at once: every row has one claim, every lane one row in flight, in order."""
    rows = lanes(40, 5)
    async with opened(url, 3) as stores:
        await examples.put(stores[0], *rows)
        claimed: list[Delivery] = []
        flying: set[str] = set()
        dice = random.Random(5)  # noqa: S311 - reproducible

        async def replica(store: PostgresStore) -> None:
            while len(claimed) < len(rows):
                taken = await store.claim(
                    now=NOW, limit=dice.randint(1, 9), lease_s=LEASE_S, per_namespace=8
                )
                for row in taken:
                    assert row.lane not in flying
                    flying.add(row.lane)
                    claimed.append(row)
                await asyncio.sleep(0)
                flying.difference_update(row.lane for row in taken)
                settled = [examples.outcome(row) for row in taken]
                assert await store.settle(settled, now=NOW) == [row.id for row in taken]

        await asyncio.gather(*[replica(store) for store in stores])
        assert max(Counter(row.id for row in claimed).values()) == 1
        order: defaultdict[str, list[str]] = defaultdict(list)
        for row in claimed:
            order[row.lane].append(row.id)
        for lane, ids in order.items():
            assert ids == [row.id for row in rows if row.lane == lane]
        assert (await stores[1].counts())[State.DELIVERED] == len(rows)


async def test_caps_hold_for_all_replicas_together(url: str) -> None:
    """What another replica has in flight counts, also when both claim at the same time."""
    rows = [examples.delivery(recipient=f"#{number}") for number in range(30)]
    async with opened(url, 2) as stores:
        await examples.put(stores[0], *rows)
        wish = {"now": NOW, "limit": 30, "lease_s": LEASE_S, "per_namespace": 8, "per_service": 5}
        taken = await asyncio.gather(*[store.claim(**wish) for store in stores])  # type: ignore[arg-type]
        assert sum(map(len, taken)) == 5


async def test_another_replicas_claim_is_left_until_its_lease_ends(url: str) -> None:
    """A replica that starts takes nothing away; a lease that ran out is anybody's."""
    async with opened(url) as (first,):
        await examples.put(first, examples.delivery())
        claimed = await examples.take_one(first)
        async with opened(url) as (second,):
            assert (await examples.row(second, claimed.id)).state is State.SENDING
            assert await examples.take(second, NOW + LEASE_S - 1) == []
            again = await examples.take_one(second, NOW + LEASE_S)
            assert (again.attempt, again.reason) == (2, "lease_lost")
            assert await first.settle([examples.outcome(claimed)], now=NOW) == []
            assert await second.settle([examples.outcome(again)], now=NOW) == [again.id]


async def test_rows_of_another_replica_are_found(url: str) -> None:
    """Asking when the next row is due is how a replica learns of them."""
    async with opened(url, 2) as (leader, follower):
        assert await follower.next_due() is None
        await examples.put(leader, examples.delivery())
        assert await follower.next_due() == NOW
        assert len(await examples.take(follower)) == 1


async def test_the_servers_clock_is_every_replicas(url: str) -> None:
    """Two replicas read the same time, whatever their own clocks say."""
    async with opened(url, 2) as (first, second):
        ((now,),) = postgres.shared().execute("SELECT extract(epoch FROM now())::float8")
        assert first.now() == pytest.approx(now, abs=0.5)
        assert second.now() == pytest.approx(now, abs=0.5)


async def test_two_leaders_write_each_event_once(url: str) -> None:
    """Both commit the same observations at the same time: one row each, in one order."""
    rows = lanes(20, 5)
    batches = [
        [Intake(events=[replace(examples.event(str(at)), id=row.event_id)], deliveries=[row])]
        for at, row in enumerate(rows)
    ]
    async with opened(url, 2) as stores:
        news = await asyncio.gather(*[store.commit(batch) for batch in batches for store in stores])
        assert Counter(id_ for new in news for id_ in new) == Counter(row.event_id for row in rows)
        assert len(await examples.all_rows(stores[0])) == len(rows)


async def test_a_stale_leader_is_refused_while_it_writes(url: str) -> None:
    """Commits of both epochs at once: from the newer one's first on, none of the older counts."""
    async with opened(url, 2) as (old, new):
        results: list[tuple[int, bool]] = []

        async def write(store: PostgresStore, epoch: int, number: int) -> None:
            cause = examples.event(f"{epoch}-{number}")
            try:
                await store.commit([Intake(events=[cause])], epoch=epoch)
                results.append((epoch, True))
            except StoreError:
                results.append((epoch, False))

        await asyncio.gather(
            *[write(old, 1, number) for number in range(30)],
            *[write(new, 2, number) for number in range(30)],
        )
        kept = {(2, True), (1, False)}
        first = results.index((2, True))
        # A task may learn of its success later than another of its refusal: three are under way.
        assert set(results[first + 4 :]) <= kept
        assert results.count((2, True)) == 30
        written = [cause for cause, _ in await new.events(limit=100)]
        assert len(written) == sum(done for _, done in results)


# --- what the database refuses to hold ----------------------------------------------------------


async def test_a_nul_in_a_text_harms_nobody(url: str) -> None:
    """An annotation may hold any character; PostgreSQL's texts do not. Bodies keep it."""
    row = replace(
        examples.delivery(), destination=examples.destination("#a\x00b"), payload=b"a\x00b"
    )
    cause = examples.event()
    facts = {**cause.transition.facts, "note": "a\x00b"}
    cause = replace(cause, transition=dataclasses.replace(cause.transition, facts=facts))
    async with opened(url) as (store,):
        verdict = replace(examples.verdict(cause), detail="a\x00b")
        await store.commit([Intake(events=[cause], verdicts=[verdict], deliveries=[row])])
        assert await store.events() == [(cause, [verdict])]
        claimed = await examples.take_one(store)
        assert (claimed.destination.recipient, claimed.payload) == ("#a\ufffdb", b"a\x00b")
        settled = examples.outcome(claimed, reason="a\x00b", remember={"k\x00": "v\x00"})
        assert await store.settle([settled], now=NOW) == [claimed.id]
        assert await store.references(["k\x00"]) == {"k\x00": "v\ufffd"}


# --- cut off ------------------------------------------------------------------------------------


async def patiently(store: PostgresStore, intake: Intake) -> frozenset[str]:
    """Commit as the engine does: again until it is answered."""
    for _ in range(200):
        try:
            return await store.commit([intake])
        except StoreError:
            await asyncio.sleep(0.05)
    raise AssertionError("never back")


async def test_cut_connections_lose_nothing(url: str) -> None:
    """Connections are cut again and again in the middle of commits: every row is there, once."""
    rows = lanes(10, 20)
    async with opened(url) as (store,):
        over = asyncio.Event()

        async def cut() -> None:
            while not over.is_set():
                await asyncio.to_thread(postgres.shared().cut, url)
                await asyncio.sleep(0.02)

        cutting_all = asyncio.create_task(cut())
        for row in rows:
            await patiently(store, Intake(deliveries=[row]))
        over.set()
        await cutting_all  # a thread cannot be cancelled: it would cut what is read below
        assert await patiently(store, Intake()) == frozenset()
        found = await examples.all_rows(store)
        assert Counter(row.id for row in found) == Counter(row.id for row in rows)


async def test_a_commit_whose_answer_is_lost_is_made_again(url: str) -> None:
    """The replay finds its ids, changes nothing and sends nothing twice."""
    async with forgetful(url) as (store, relay):
        row = examples.delivery()
        relay.lose_after = b"COMMIT"
        with pytest.raises(StoreError):
            await store.commit([Intake(events=[examples.event()], deliveries=[row])])
        assert relay.lost == 1
        assert (await examples.row(store, row.id)).state is State.PENDING
        claimed = await examples.take_one(store)
        await store.settle([examples.outcome(claimed)], now=NOW)
        again = Intake(events=[examples.event()], deliveries=[row])
        assert await store.commit([again]) == frozenset()
        assert await examples.take(store) == []


async def test_a_claim_whose_answer_is_lost_is_no_attempt(url: str) -> None:
    """Nobody sends those rows: the next claim takes them at once, under the same number."""
    async with forgetful(url) as (store, relay):
        await examples.put(store, examples.delivery())
        relay.lose_after = b"COMMIT"
        with pytest.raises(StoreError):
            await examples.take(store)
        assert relay.lost == 1
        claimed = await examples.take_one(store)
        assert (claimed.attempt, claimed.state) == (1, State.SENDING)
        assert await examples.take(store) == []


async def test_an_outcome_whose_answer_is_lost_is_kept(url: str) -> None:
    """Told again, it is a late one: the end stays, and nothing is sent again."""
    async with forgetful(url) as (store, relay):
        await examples.put(store, examples.delivery())
        claimed = await examples.take_one(store)
        relay.lose_after = b"COMMIT"
        with pytest.raises(StoreError):
            await store.settle([examples.outcome(claimed)], now=NOW)
        assert await store.settle([examples.outcome(claimed)], now=NOW + 1) == []
        assert (await examples.row(store, claimed.id)).state is State.DELIVERED
        assert await examples.take(store, NOW + 2 * LEASE_S) == []


async def test_a_restart_of_the_server(server: postgres.Server) -> None:
    """Errors while it is away, all rows and claims afterwards."""
    async with opened(server.database()) as (store,):
        await examples.put(store, examples.delivery("1"), examples.delivery("2", recipient="#2"))
        claimed = (await examples.take(store, limit=1))[0]
        await asyncio.to_thread(server.stop, signal.SIGINT)
        for _ in range(3):
            with pytest.raises(StoreError):
                await store.counts()
        await asyncio.to_thread(server.start)
        assert await patiently(store, Intake()) == frozenset()
        assert await store.settle([examples.outcome(claimed)], now=NOW) == [claimed.id]
        assert len(await examples.take(store)) == 1


async def test_no_connection_left(server: postgres.Server) -> None:
    """A full server is an error that says so, and passes."""
    url = server.database()
    async with opened(url) as (store,):
        server.execute("CREATE ROLE small LOGIN CONNECTION LIMIT 0")
        name = url.rpartition("/")[2]
        with pytest.raises(StoreError, match=r"no connection is left|a right is missing"):
            await PostgresStore(server.url(name, "small")).open()
        server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        assert (await store.counts())[State.PENDING] == 0


async def test_a_frozen_claimer_holds_nobody_up(url: str) -> None:
    """A replica that stops in the middle of a claim is thrown out by the server in seconds."""
    async with opened(url) as (store,):
        await examples.put(store, examples.delivery())
        frozen = psycopg.connect(url)
        for name in ("bounds", "claim_lock"):
            frozen.execute(scripts.queries(PACKAGE)[name])
        async with asyncio.timeout(8):
            assert len(await examples.take(store)) == 1
        frozen.close()


async def test_a_claim_that_the_server_undoes_is_made_again(url: str) -> None:
    """Of two transactions that wait for each other the server undoes the one that waited first:
    here the claim, for a row, while that row's holder waits for the lock of claims."""
    async with opened(url) as (store,):
        row = examples.delivery()
        await examples.put(store, row)
        await examples.take_one(store)
        queries = scripts.queries(PACKAGE)
        other = await psycopg.AsyncConnection.connect(url)
        held = "UPDATE notifier.deliveries SET until = until"
        await other.execute(held)
        claiming = asyncio.create_task(examples.take(store, NOW + 2 * LEASE_S))
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        await told(url, blocked)  # the claim waits first; the server looks after a second
        await other.execute(queries["claim_lock"])
        await other.commit()
        await other.close()
        assert [each.id for each in await claiming] == [row.id]
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert await told(url, deadlocks) == 1


async def told(url: str, count: str) -> int:
    """Return a count of the server as soon as it is not zero."""
    async with (
        asyncio.timeout(20),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        while True:
            found = await (await connection.execute(count)).fetchone()
            if found and found[0]:
                return int(found[0])
            await asyncio.sleep(0.05)


# --- behind a transaction pooler ----------------------------------------------------------------


@pytest.mark.skipif(bool(postgres.Pooler.missing()), reason=postgres.Pooler.missing() or "present")
async def test_everything_works_behind_a_transaction_pooler(url: str) -> None:
    """Two server connections for two replicas, another one for each transaction."""
    rows = lanes(20, 3)
    with postgres.Pooler(postgres.shared()).running() as pooler:
        async with opened(pooler.url(url), 2) as stores:
            for epoch, start in enumerate(range(0, len(rows), 10), 1):
                batch = [Intake(deliveries=[row]) for row in rows[start : start + 10]]
                await stores[epoch % 2].commit(batch, epoch=epoch)

            async def replica(store: PostgresStore) -> None:
                while (await store.counts())[State.DELIVERED] < len(rows):
                    taken = await examples.take(store, limit=7)
                    await store.settle([examples.outcome(row) for row in taken], now=NOW)
                    await store.next_due()

            await asyncio.gather(*[replica(store) for store in stores for _ in range(3)])
            assert await stores[0].epoch() == 6
            assert await stores[1].collect(before=NOW + 1, keep=0) == len(rows)


# --- a standby ----------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_failover_to_a_synchronous_standby(
    server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The standby is refused while it is one; after the primary's death it has every row that was
    acknowledged, and a URL with both hosts finds it by itself."""
    folder = places.readable(tmp_path_factory.mktemp("standby"))
    url = server.database()
    name = url.rpartition("/")[2]
    standby = await asyncio.to_thread(postgres.Server, folder / "cluster", of=server)
    with standby.running():
        server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        server.execute("SELECT pg_reload_conf()")
        both = f"postgresql://postgres@127.0.0.1:{server.port},127.0.0.1:{standby.port}/{name}"
        async with opened(both) as (store,):
            rows = lanes(5, 4)
            for row in rows:
                await examples.put(store, row)
            with pytest.raises(StoreError, match="read-only, a standby"):
                await PostgresStore(standby.url(name)).open()
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            standby.execute("SELECT pg_promote()")
            assert (
                await patiently(store, Intake(deliveries=[examples.delivery("new")])) == frozenset()
            )
            found = {row.id for row in await examples.all_rows(store)}
            assert found == {row.id for row in rows} | {examples.delivery("new").id}
