"""A relist after half an hour: one recovered result of each Rollout that changed (F28, small)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance import gap
from tests.acceptance.harness import Harness, report

ROLLOUTS, NAMESPACES, CHANGED = 1_000, 50, 200


@pytest.mark.slow
async def test_each_change_of_a_gap_has_one_result(tmp_path: Path) -> None:
    """Of 1,000 Rollouts 200 ended a revision meanwhile: 200 messages, recovered, no other."""
    async with Harness(tmp_path) as harness:
        outcome = await gap.relisted(
            harness, rollouts=ROLLOUTS, namespaces=NAMESPACES, changed=CHANGED
        )
    assert outcome.due.total() == CHANGED
    assert {told.trigger for told in outcome.due} == set(gap.RESULTS)
    assert outcome.first == 0
    assert outcome.arrived == outcome.due
    report(f"\nready in {outcome.ready_s:.1f} s, all told in {outcome.told_s:.1f} s")
