"""The configuration that this project was founded on works literally, on recorded rollouts.

Its ConfigMap and annotations are taken as printed; the recorded Rollouts only carry the annotations
and the name's namespace they were recorded with.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from notifier.cli import main
from notifier.core import yamltext
from tests.strategies.recordings import ROOT

ARTICLE = Path(__file__).parents[2].parent / "shared" / "article"

pytestmark = pytest.mark.skipif(
    not ARTICLE.is_dir(), reason="the founding example is not beside this checkout"
)

SECRET = """\
kind: Secret
metadata: {name: argo-rollouts-notification-secret}
stringData: {slack-token: xoxb-0}
"""


def annotated(name: str, folder: Path, more: dict[str, str]) -> Path:
    """Write a recorded stream whose Rollouts carry the example's annotations, and more."""
    annotations = yamltext.read((ARTICLE / "rollout.yaml").read_text()).value["metadata"][
        "annotations"
    ]
    written = folder / "stream.jsonl"
    with gzip.open(ROOT / name / "stream.jsonl.gz", "rt") as lines, written.open("w") as out:
        for line in lines:
            event = json.loads(line)
            if event["object"]["kind"] == "Rollout" and event["type"] != "BOOKMARK":
                event["object"]["metadata"].setdefault("annotations", {}).update(
                    {**annotations, **more}
                )
            out.write(json.dumps(event) + "\n")
    return written


def replayed(
    name: str, folder: Path, more: dict[str, str] | None = None
) -> list[tuple[str, str, str]]:
    """Return (trigger, recipient, text) of every message, and see that nothing went wrong."""
    (folder / "secret.yaml").write_text(SECRET)
    stream = annotated(name, folder, more or {})
    line = ["replay", str(stream), "--config", str(ARTICLE / "configmap.yaml")]
    line += ["--secret", str(folder / "secret.yaml"), "--output", "json"]
    result = CliRunner().invoke(main, line)
    assert (result.exit_code, result.stderr) == (0, "")
    found = []
    for row in result.stdout.splitlines():
        event: dict[str, Any] = json.loads(row)
        assert {each["decision"] for each in event["verdicts"]} <= {"sent", "no_subscription"}
        for delivery in event["deliveries"]:
            assert delivery["service"] == "slack"
            assert "template of this message failed" not in delivery["body"]
            found.append((event["trigger"], delivery["recipient"], text(delivery["body"])))
    return found


def text(body: str) -> str:
    """Return what a person reads of a Slack payload."""
    return str(json.loads(body)["arguments"]["text"])


def test_it_has_no_fault() -> None:
    """`check` finds nothing wrong, and its templates are Go templates."""
    files = [str(ARTICLE / name) for name in ("configmap.yaml", "rollout.yaml")]
    result = CliRunner().invoke(main, ["check", *files, "--strict"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.count("  go\n") == 4


def test_a_failed_analysis_names_its_metric_and_the_abort_its_reason(tmp_path: Path) -> None:
    """The two that the built-in sender gets wrong: the run, and the object after the abort."""
    messages = replayed("analysis-background-fail", tmp_path)
    told = {trigger: body for trigger, _, body in messages}
    failed = told["on-analysis-run-failed"]
    assert "Failed metric: " in failed
    metric = failed.partition("Failed metric: ")[2].partition("\n")[0]
    aborted = told["on-rollout-aborted"]
    reason = aborted.partition("Reason: ")[2].partition("\n")[0]
    assert metric != ""
    assert f'Metric "{metric}"' in reason
    assert {place for trigger, place, _ in messages if "aborted" in trigger} == {"#alerts-team-a"}
    assert "<no value>" not in failed + aborted


def test_a_gate_and_a_completion_are_told(tmp_path: Path) -> None:
    """A pause names the command, the completion the image."""
    messages = replayed("canary-manual-promote", tmp_path)
    paused = [body for trigger, _, body in messages if trigger == "on-rollout-paused"]
    completed = [body for trigger, _, body in messages if trigger == "on-rollout-completed"]
    assert "kubectl argo rollouts promote " in paused[0]
    assert "\N{EM DASH} awaiting manual promotion" in paused[0]
    assert "New stable image: " in completed[-1]
    assert {place for _, place, _ in messages} == {"#deploys-team-a"}


def test_triggers_that_the_config_map_lacks_are_served_by_the_catalogue(tmp_path: Path) -> None:
    """Annotations alone are enough for the other five of the nine."""
    others = {
        f"notifications.argoproj.io/subscribe.{trigger}.slack": "#deploys-team-a"
        for trigger in (
            "on-rollout-step-completed",
            "on-rollout-updated",
            "on-scaling-replica-set",
            "on-analysis-run-running",
            "on-analysis-run-error",
        )
    }
    told = {trigger for trigger, _, _ in replayed("analysis-step-error", tmp_path, others)}
    assert {each.split(".")[-2] for each in others} <= told
