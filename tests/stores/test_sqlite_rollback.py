"""What is undone in the file is undone in the lanes that mirror it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from notifier.core.model import Delivery, State
from notifier.ports import Intake
from notifier.stores.sqlite import intake, outbox
from notifier.stores.sqlite.database import Database
from tests.stores import examples
from tests.stores.examples import LEASE_S, NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open database with a transaction begun."""
    database = Database(tmp_path / "notifier.db")
    database.open()
    database.begin()
    yield database
    database.rollback()
    database.close()


def again(database: Database) -> None:
    """Commit what was done and begin the next transaction."""
    database.commit()
    database.begin()


def undo(database: Database) -> None:
    """Undo what was done and begin the next transaction."""
    database.rollback()
    database.begin()


def claim(database: Database, now: float = NOW) -> Sequence[Delivery]:
    """Claim what is due."""
    return outbox.claim(
        database,
        now=now,
        limit=9,
        lease_s=LEASE_S,
        token="token",
        blocked=frozenset(),
        per_namespace=None,
    )


def test_a_commit_undone_leaves_no_row(database: Database) -> None:
    """Rows that were never written cannot be claimed, and their ids are free."""
    row = examples.delivery()
    intake.commit(database, [Intake(deliveries=[row])])
    undo(database)
    assert claim(database) == []
    intake.commit(database, [Intake(deliveries=[row])])
    again(database)
    assert [one.id for one in claim(database)] == [row.id]


def test_a_claim_undone_can_be_made_again(database: Database) -> None:
    """The row waits as it did; its attempt is not counted."""
    intake.commit(database, [Intake(deliveries=[examples.delivery()])])
    again(database)
    assert claim(database)[0].attempt == 1
    undo(database)
    assert claim(database)[0].attempt == 1


def test_an_outcome_undone_leaves_the_claim_held(database: Database) -> None:
    """Claim, token and lease are as before, so the outcome can be written once more."""
    intake.commit(database, [Intake(deliveries=[examples.delivery()])])
    (claimed,) = claim(database)
    again(database)
    settled = examples.outcome(claimed, State.RETRY, due_at=NOW)
    assert outbox.settle(database, [settled], NOW) == [claimed.id]
    undo(database)
    assert claim(database, NOW + LEASE_S - 1) == []
    assert outbox.settle(database, [settled], NOW) == [claimed.id]
    again(database)
    assert claim(database)[0].attempt == 2


def test_an_end_undone_leaves_the_row_waiting(database: Database) -> None:
    """A row that was not dropped after all is still claimed."""
    row = examples.delivery()
    intake.commit(database, [Intake(deliveries=[row])])
    again(database)
    assert outbox.end(database, [row.id], State.DROPPED, "", NOW) == [row.id]
    undo(database)
    assert len(claim(database)) == 1
