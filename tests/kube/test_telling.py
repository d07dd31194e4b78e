"""What the log says of a server that cannot be watched: each kind of failure once in a while."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from tests.emulator import Answer, Emulator, refusal
from tests.kube.laboratory import Bench, bench, until

HTML = Answer(200, b"<html>login</html>", content_type="text/html")


def told(caplog: pytest.LogCaptureFixture, level: int) -> Sequence[logging.LogRecord]:
    """Return the records of that level or higher."""
    return [record for record in caplog.records if record.levelno >= level]


async def test_a_failure_is_told_once(lab: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A page in place of the API for nine minutes: one warning, which says what it is."""
    caplog.set_level(logging.DEBUG, "notifier.kube")
    lab.emulator.script("*", HTML, times=None)
    lab.clock.stop_at = lab.clock.time + 540
    lab.watch()
    await until(lambda: lab.clock.time >= lab.clock.stop_at)
    (warning,) = told(caplog, logging.WARNING)
    assert warning.getMessage() == "watch failed"
    assert "text/html: is this the API server?" in warning.__dict__["error"]
    assert len(caplog.records) == len(lab.emulator.requests) > 10


async def test_the_return_is_told(lab: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """After four failures in a row, one line says that the watch works again."""
    caplog.set_level(logging.INFO, "notifier.kube")
    lab.emulator.script("list", *[refusal(503)] * 4)
    await lab.watch().synced()
    assert [record.getMessage() for record in caplog.records] == [
        "watch failed",
        "watch works again",
    ]


async def test_an_expired_version_is_no_warning(
    lab: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Every restart of the API server leads to it."""
    caplog.set_level(logging.INFO, "notifier.kube")
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    lab.emulator.script("watch", refusal(410, "Expired"))
    lab.emulator.end_watches()
    await watcher.synced(2)
    assert [(record.levelno, record.__dict__["reason"]) for record in caplog.records] == [
        (logging.INFO, "expired")
    ]


async def test_a_forbidden_namespace_of_several_is_told(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody else would: the others go on."""
    caplog.set_level(logging.INFO, "notifier.kube")
    emulator.forbid("rollouts", "b")
    async with bench(emulator, namespaces=("a", "b")) as lab:
        lab.clock.stop_at = lab.clock.time + 540
        lab.watch()
        await until(lambda: lab.clock.time >= lab.clock.stop_at)
    (warning,) = told(caplog, logging.WARNING)
    assert warning.__dict__["stream"] == "rollouts/b"
