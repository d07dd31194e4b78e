"""T2 and T3, and what operators do to rows: the statements decide, in one transaction each."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.core.deliveries import NEXT, WAITING
from notifier.core.model import Delivery, State
from notifier.ports import Settlement
from notifier.stores import rows as stored
from notifier.stores.postgres import rows
from notifier.stores.postgres.database import Database, Parameters, Session
from notifier.stores.postgres.intake import packed


async def claim(
    database: Database, wish: Parameters, *, unanswered: Sequence[str]
) -> Sequence[Delivery]:
    """Take due heads as `sending`, oldest due first; claims that ran out become `ambiguous`.

    Claims of all replicas take turns, so that caps hold and nobody fights over the same rows.
    `unanswered` are tokens of claims whose answer was lost: their rows, unsent, wait again.
    """
    *_, taken = await database.batch(
        ("claim_lock", None),
        ("hand_back", {"tokens": list(unanswered)}),
        ("lose_claims", {"now": wish["now"]}),
        ("claim", wish),
    )
    found = {row[0]: stored.delivery(row) for row in taken}
    return [found[place] for place in sorted(found, key=lambda at: (found[at].due_at, at))]


async def settle(session: Session, settlements: Sequence[Settlement], now: float) -> Sequence[str]:
    """Write outcomes of held claims; of lost ones only the attempt."""
    first: dict[str, Settlement] = {}
    for settlement in settlements:
        first.setdefault(settlement.delivery_id, settlement)
    outcomes = [rows.of_outcome(first[id_], now) for id_ in sorted(first)]
    attempts = [rows.of_attempt(each.attempt) for each in settlements if each.attempt is not None]
    held = {id_ for (id_,) in await session.select("settle", {"rows": packed(outcomes)})}
    if attempts:
        await session.execute("insert_attempts", {"rows": packed(attempts)})
    settled = [first[id_] for id_ in first if id_ in held]
    await _keep(session, settled, now)
    return [settlement.delivery_id for settlement in settled]


async def _keep(session: Session, settled: Sequence[Settlement], now: float) -> None:
    """Write what outcomes bring beside their state: shorter bodies, references."""
    shorter = {each.delivery_id: each.payload for each in settled if each.payload is not None}
    if shorter:
        given = {"ids": list(shorter), "payloads": list(shorter.values())}
        await session.execute("shorten", given)
    known: dict[str, str] = {}
    for settlement in settled:
        known |= settlement.remember
    if known:
        texts = {rows.storable(key): rows.storable(value) for key, value in known.items()}
        given = {"keys": list(texts), "values": list(texts.values()), "now": now}
        await session.execute("remember", given)


async def end(
    session: Session, ids: Sequence[str], state: State, reason: str, now: float
) -> Sequence[str]:
    """End those of the rows that wait and may go to that state."""
    sources = sorted(source for source in WAITING if state in NEXT[source])
    wish = {"ids": ids, "state": state, "reason": reason, "now": now, "sources": sources}
    return _in_order(ids, await session.select("end", wish))


async def redeliver(
    session: Session, ids: Sequence[str], now: float, expires_at: float
) -> Sequence[str]:
    """Put those of the rows that have ended back to `pending`."""
    wish = {"ids": ids, "now": now, "expires_at": expires_at}
    return _in_order(ids, await session.select("redeliver", wish))


def _in_order(ids: Sequence[str], changed: Sequence[tuple[str, ...]]) -> Sequence[str]:
    """Return the changed ids, each once, in the order they were named."""
    done = {id_ for (id_,) in changed}
    return [id_ for id_ in dict.fromkeys(ids) if id_ in done]
