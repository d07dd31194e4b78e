"""The outbox as the metrics show it."""

from __future__ import annotations

import pytest

from notifier.core.model import State
from notifier.observability import sampling
from notifier.observability.metrics import Metrics
from tests.observability.test_metrics import samples
from tests.web.ledger import NOW, Admin, FixedClock


async def filled(*ages_s: float) -> Admin:
    """Return a ledger with one waiting delivery of each age."""
    here = Admin()
    await here.store.open()
    for number, age_s in enumerate(ages_s):
        await here.commit(number, created_at=NOW - age_s)
    return here


@pytest.mark.parametrize(
    "ages",
    [
        pytest.param((0.0,), id="one"),
        pytest.param((1.0, 61.0, 601.0), id="a-few"),
        pytest.param((90_000.0, 2.0), id="a-day-old"),
        pytest.param((*range(600), 7200.0), id="many"),
    ],
)
async def test_the_oldest_waiting_is_found_however_many_are_newer(ages: tuple[float, ...]) -> None:
    """The store lists newest first and in pages; the oldest must not hide behind them."""
    here = await filled(*ages)
    assert await sampling.oldest_waiting(here.store, NOW) == {"slack": max(ages)}


async def test_a_sample_shows_states_reasons_and_age() -> None:
    """Dead rows by their reason, waiting ones by their age."""
    here = await filled(30.0)
    await here.settle(State.DEAD, "recipient")
    await here.commit(9, created_at=NOW - 20)
    metrics = Metrics()
    await sampling.sample(here.store, FixedClock(), metrics)
    read = samples(metrics)
    assert read["notifier_outbox_rows"]["dead",] == 1
    assert read["notifier_outbox_rows"]["pending",] == 1
    assert read["notifier_outbox_dead"]["recipient",] == 1
    assert read["notifier_outbox_oldest_pending_seconds"]["slack",] == 20
