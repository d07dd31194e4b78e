"""`notifier replay` tells of every recording exactly what the controller told."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
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


PATIENT = """
kind: ConfigMap
metadata: {name: argo-rollouts-notification-cm}
data:
  service.console: ""
  template.late: |
    message: "{{ .rollout.status.phase }}"
  trigger.on-rollout-completed: |
    - {when: rollout.status.phase == 'Healthy', send: [late]}
  trigger.on-paused-phase: |
    - {when: rollout.status?.phase == 'Paused', send: [late]}
  subscriptions: |
    - recipients: ["console:ops"]
      triggers: [on-rollout-completed, on-paused-phase]
"""


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A configuration whose conditions turn true some versions after the change, or by level."""
    path = tmp_path_factory.mktemp("patient") / "cm.yaml"
    path.write_text(PATIENT)
    return str(path)


def _pauses(name: str) -> int:
    """Count how often the phase of a recorded Rollout turned to Paused."""
    phases: defaultdict[str, list[str]] = defaultdict(list)
    with gzip.open(ROOT / name / "stream.jsonl.gz", "rt") as stream:
        for line in map(json.loads, stream):
            seen = line["object"]
            if seen["kind"] == "Rollout" and line["type"] != "BOOKMARK":
                phases[seen["metadata"]["uid"]].append(seen.get("status", {}).get("phase", ""))
    return sum(then != now == "Paused" for each in phases.values() for then, now in pairwise(each))


@pytest.mark.parametrize("name", NAMES)
def test_conditions_over_time_on_recordings(name: str, patient: str) -> None:
    """A completion waits until the phase is Healthy; a phase is told at each rising edge."""
    line = ["replay", str(ROOT / name / "stream.jsonl.gz"), "--config", patient, "-o", "json"]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 0, result.output
    events: list[dict[str, Any]] = [json.loads(line) for line in result.stdout.splitlines()]
    truth = recordings.scenario(name)["trigger_counts"] or {}
    completed = [each for each in events if each["trigger"] == "on-rollout-completed"]
    assert len(completed) == truth.get("on-rollout-completed", 0)
    for event in completed:
        bodies = [each["body"] for each in event["deliveries"]]
        *waited, last = [each["decision"] for each in event["verdicts"]]
        assert waited in ([], ["open_occurrence"])
        told = ["Healthy" in body for body in bodies]
        assert (last, told) in [("sent", [True]), ("superseded", []), ("open_occurrence", [])]
    assert sum(each["trigger"] == "on-paused-phase" for each in events) == _pauses(name)
