"""`notifier replay` tells of every recording exactly what the controller told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner

from notifier.cli import main
from tests.strategies import recordings
from tests.strategies.recordings import NAMES, ROOT


def check(name: str, lines: Sequence[str]) -> None:
    """Compare the printed events with the truth of the recording."""
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    counts = Counter(event["trigger"] for event in events)
    assert counts == (recordings.scenario(name)["trigger_counts"] or {})
    keys = [event["key"] for event in events]
    assert len(set(keys)) == len(keys)
    assert not any(event["recovered"] or event["missed"] for event in events)
    assert all(len(event["deliveries"]) == 1 for event in events)


@pytest.mark.parametrize("name", NAMES)
def test_replay_equals_the_truth(name: str) -> None:
    """Counts per trigger, one key and one message for each, nothing recovered."""
    line = ["replay", str(ROOT / name / "stream.jsonl.gz"), "--output", "json"]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 0, result.output
    check(name, result.stdout.splitlines())


def test_as_a_process() -> None:
    """The same from the command as people run it, nothing on standard error."""
    name = "canary-abort-retry-same-second"
    line = [sys.executable, "-m", "notifier", "replay", str(ROOT / name / "stream.jsonl.gz")]
    done = subprocess.run(
        [*line, "--output", "json"], capture_output=True, text=True, check=True, timeout=50
    )
    assert done.stderr == ""
    check(name, done.stdout.splitlines())
