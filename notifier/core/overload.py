"""What may wait in the outbox, and what gives way when more does (spec/reliability.md 5.2). Pure.

A namespace has a quota; all of them together share the outbox, and of what is too much there the
largest give most. First goes what is pointless anyway, then progress, then the rest by weight;
a failure is shed only of a namespace that is beyond its quota.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from notifier.core import lanes
from notifier.core.model import Delivery, State

SHED: Final = "overload"
"""The reason that shed rows have in the ledger."""

SUMMARY: Final = "(shed)"
"""What the summary of shed messages has in place of the name of a condition."""

ORDER: Final[Sequence[lanes.Kind]] = ("progress", "paused", "news", "failure")
"""Kinds of messages, what matters least first."""

_NAMED: Final = 10
"""Triggers that a summary names."""


class Load(NamedTuple):
    """Rows that wait, and the bytes of their messages."""

    rows: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What may wait: rows of one namespace, and rows and bytes of all together."""

    namespace: int = 5_000
    rows: int = 100_000
    size: int = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class Sheddable:
    """A row that may go, without its message, and how many bytes that has."""

    delivery: Delivery
    size: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes, oldest first: rows past their age, rows that a newer one made pointless, and rows
    that are shed."""

    expired: Sequence[Delivery]
    superseded: Sequence[Delivery]
    shed: Sequence[Delivery]


def excess(loads: Mapping[str, Load], caps: Caps) -> Mapping[str, Load]:
    """Return by namespace how much it has to give up; namespaces that may keep all are left out."""
    kept = {name: min(load.rows, caps.namespace) for name, load in loads.items()}
    rows = _level(kept.values(), caps.rows)
    size = _level((load.size for load in loads.values()), caps.size)
    found = {
        name: Load(load.rows - min(kept[name], rows), max(load.size - size, 0))
        for name, load in loads.items()
    }
    return {name: give for name, give in found.items() if any(give)}


def sheddable(delivery: Delivery, *, now: float) -> bool:
    """Say whether a waiting row may go: past its age, or one message that was never tried. What was
    tried may have arrived, and a digest is all that is left of many."""
    untried = delivery.state is State.PENDING and delivery.attempt == 0
    return delivery.expires_at <= now or (untried and delivery.template != lanes.DIGEST)


def weight(delivery: Delivery, *, now: float) -> int:
    """Return the place in the order in which rows go: what is past its age, then by kind."""
    if delivery.expires_at <= now:
        return -1
    return ORDER.index(delivery.kind) if delivery.kind in ORDER else len(ORDER)


def choose(rows: Sequence[Sheddable], give: Load, *, beyond_quota: bool, now: float) -> Choice:
    """Choose what goes of one namespace's rows, given in the order of `weight` and oldest first;
    `now` is Unix seconds. What is pointless goes in any case; of the rest as much as is left to
    give."""
    expired = {each.delivery.id for each in rows if each.delivery.expires_at <= now}
    superseded = _superseded(each.delivery for each in rows) - expired
    rest = [each for each in rows if each.delivery.id not in expired | superseded]
    gone = [each for each in rows if each.delivery.id in expired | superseded]
    shed = _shed(rest, Load(give.rows - len(gone), give.size - _size(gone)), beyond_quota)
    return Choice(
        [each.delivery for each in gone if each.delivery.id in expired],
        [each.delivery for each in gone if each.delivery.id in superseded],
        shed,
    )


def summary_text(shed: Sequence[Delivery], caps: Caps) -> str:
    """Return the line that tells one destination of what it will not get, and of what follows."""
    counted = Counter(each.trigger for each in shed).most_common()
    named = [f"{count} x {trigger}" for trigger, count in counted[:_NAMED]]
    if len(counted) > _NAMED:
        named.append("…")
    where = shed[-1].rollout.namespace
    return (
        f"{where}: too many messages wait (limit: {caps.namespace} of one namespace, {caps.rows} "
        f"in all). The least important are not sent, {len(shed)} to here so far: "
        f"{', '.join(named)}. More may follow."
    )


def _level(amounts: Iterable[int], total: int) -> int:
    """Return the highest level at which what does not stand out above it is no more than
    `total`."""
    left = total
    ascending = sorted(amounts)
    for place, amount in enumerate(ascending):
        share = left // (len(ascending) - place)
        if amount > share:
            return share
        left -= amount
    return max(ascending, default=0)


def _superseded(waiting: Iterable[Delivery]) -> set[str]:
    by_lane: defaultdict[str, list[Delivery]] = defaultdict(list)
    for each in waiting:
        by_lane[each.lane].append(each)
    return {id_ for rows in by_lane.values() for id_ in lanes.superseded(rows)}


def _shed(rows: Sequence[Sheddable], give: Load, beyond_quota: bool) -> Sequence[Delivery]:
    count, size = give
    chosen: list[Sheddable] = []
    for each in rows:
        if count <= 0 and size <= 0:
            break
        if beyond_quota or each.delivery.kind != "failure":
            chosen.append(each)
            count, size = count - 1, size - each.size
    return [each.delivery for each in chosen]


def _size(rows: Iterable[Sheddable]) -> int:
    return sum(each.size for each in rows)
