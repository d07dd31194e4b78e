"""A failing template is counted each time and told once."""

from __future__ import annotations

import dataclasses

import pytest

from notifier.core.planning import FailedTemplate
from notifier.engine import telling
from tests.engine.fakes import Counting

FAULT = FailedTemplate(engine="go", scope="central", template="t", error="line 2: no such field")


def test_each_fault_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Another error of the same template is another fault; every failure counts."""
    counts = Counting()
    told = telling.Telling(counts)
    for _ in range(3):
        told.failed(FAULT, "shop/checkout")
    told.failed(dataclasses.replace(FAULT, error="line 3"), "shop/checkout")
    assert [record.__dict__["error"] for record in caplog.records] == [FAULT.error, "line 3"]
    assert counts.counts["render_failed", "go", "central"] == 4


def test_what_is_remembered_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Errors that differ every time (texts of tenants) take no memory without end."""
    told = telling.Telling(Counting())
    for number in range(telling.REMEMBERED + 1):
        told.failed(dataclasses.replace(FAULT, error=str(number)), "a/b")
    told.failed(dataclasses.replace(FAULT, error="0"), "a/b")
    assert len(caplog.records) == telling.REMEMBERED + 2
