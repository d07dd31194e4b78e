"""The order of live rows: cases the shared suite cannot see from outside."""

from __future__ import annotations

import ast
from pathlib import Path

from notifier.core.model import State
from notifier.stores import lanes
from notifier.stores.lanes import Lanes, Live

NOTHING: frozenset[str] = frozenset()


def live(number: int, *, lane: str = "", due_at: float = 0.0) -> Live:
    """Return a pending row."""
    return Live(
        size=10,
        number=number,
        id=f"d{number}",
        lane=lane or f"lane-{number}",
        namespace="team-a",
        service="central/slack",
        state=State.PENDING,
        due_at=due_at,
    )


def take(order: Lanes, now: float = 0.0) -> list[str]:
    """Put what is due in flight and return the ids."""
    return [row.id for row in order.take(now=now, limit=99, blocked=NOTHING, per_namespace=None)]


def test_rows_in_flight_are_restored_in_flight() -> None:
    """A rebuild keeps claims: their lanes stay busy and their tokens hold."""
    flying = live(1, lane="a")
    flying.state, flying.attempt, flying.token, flying.until = State.SENDING, 3, "t", 9.0
    order = Lanes([flying, live(2, lane="a")])
    assert take(order) == []
    assert order.held("d1", 3, "t") is flying
    assert order.overdue(8.9) == []
    assert order.overdue(9.0) == [flying]


def test_a_head_that_was_overtaken_comes_back() -> None:
    """A row that was head, then was not, is found again when it is."""
    order = Lanes([second := live(2, lane="a"), live(3)])
    order.add(first := live(1, lane="a", due_at=5.0))
    assert take(order) == ["d3"]  # looked at the overtaken head and dropped its entry
    assert order.next_due() == 5.0
    order.end(first)
    assert order.next_due() == 0.0
    assert take(order) == [second.id]


def test_postponing_forwards_and_backwards() -> None:
    """Only the newest due time of a head counts, whichever entries are left of it."""
    order = Lanes([row := live(1, due_at=5.0)])
    order.postpone(row, 9.0)
    assert (order.next_due(), take(order, 8.0)) == (9.0, [])
    order.postpone(row, 2.0)
    assert (order.next_due(), take(order, 2.0)) == (2.0, ["d1"])
    assert order.next_due() is None


def test_postponing_behind_a_head_waits_for_its_turn() -> None:
    """A row behind the head takes its new time along when it becomes the head."""
    order = Lanes([head := live(1, lane="a"), behind := live(2, lane="a")])
    order.postpone(behind, 7.0)
    assert order.next_due() == 0.0
    order.end(head)
    assert order.next_due() == 7.0


def test_nothing_is_left_of_ended_rows() -> None:
    """Lanes, namespaces and queues go when their last row ends: no growth for ever."""
    order = Lanes([live(number, lane=f"lane-{number % 3}") for number in range(30)])
    for _ in range(10):
        for id_ in take(order):
            order.land(order.rows[id_], State.DELIVERED, 0.0)
    assert order.next_due() is None
    assert take(order) == []
    assert not order.rows
    assert not order._lanes
    assert not order._heads


def test_many_services_of_which_most_rest() -> None:
    """Whichever services rest, the first due head of the others is taken, and of each in order; the
    resting ones are not forgotten, and nothing piles up."""
    rows = [live(number) for number in range(1, 301)]
    for row in rows:
        row.service = f"s{row.number % 100}"
        row.due_at = float(300 - row.number)
    order = Lanes(rows)
    awake = {f"s{number}" for number in range(0, 100, 7)}
    blocked = frozenset(row.service for row in rows) - awake
    for now in range(0, 300, 50):
        expected = [
            row.id
            for row in sorted(rows, key=lambda row: (row.due_at, row.number))
            if row.id in order.rows and row.due_at <= now and row.service in awake
        ]
        taken = order.take(now=now, limit=999, blocked=blocked, per_namespace=None)
        assert [row.id for row in taken] == expected
        for row in taken:
            order.land(row, State.DELIVERED, 0.0)
    heads = order._heads["team-a"]
    assert len(heads._services) == len(heads._shown) <= len(rows)
    left = order.take(now=300, limit=999, blocked=NOTHING, per_namespace=None)
    assert {row.id for row in left} == set(order.rows)
    assert order.next_due() is None
    assert len(heads._services) == len(heads._shown) < 2


def test_the_order_is_pure() -> None:
    """Lanes neither wait, nor look at clocks, nor touch files."""
    tree = ast.parse(Path(lanes.__file__).read_text())
    imported = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {
        "__future__",
        "bisect",
        "collections",
        "collections.abc",
        "dataclasses",
        "notifier.core",
        "notifier.core.model",
        "notifier.core.overload",
        "notifier.stores.heads",
    }
