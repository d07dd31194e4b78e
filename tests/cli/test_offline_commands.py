"""`catalogue`, `render` and `replay`: the production path without a cluster."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from notifier.cli import main
from notifier.core import lifecycle

RECORDINGS = Path(__file__).parents[1] / "recordings"

CONFIG = """\
kind: ConfigMap
metadata: {name: argo-rollouts-notification-cm}
data:
  service.webhook.audit: |
    url: https://audit.example/hook
    headers: [{name: Authorization, value: $token}]
  template.short: |
    engine: jinja
    message: "{{ rollout.metadata.name }} is {{ rollout.status.phase }}"
  template.broken: |
    engine: jinja
    message: "{{ 1 // 0 }}"
  trigger.on-rollout-completed: |
    - send: [short]
  trigger.on-rollout-aborted: |
    - when: "false"
      send: [short]
  subscriptions: |
    - recipients: ["audit:"]
      triggers: [on-rollout-completed, on-rollout-aborted]
"""

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: demo, namespace: shop, uid: u-1}
spec: {strategy: {canary: {steps: []}}, template: {spec: {containers: []}}}
status: {phase: Healthy}
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A ConfigMap's file."""
    file = tmp_path / "cm.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return str(file)


@pytest.fixture
def rollout(tmp_path: Path) -> str:
    """A Rollout's file."""
    file = tmp_path / "rollout.yaml"
    file.write_text(ROLLOUT, encoding="utf-8")
    return str(file)


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(arguments))


def stream(name: str) -> str:
    """Return the path of a recording."""
    return str(RECORDINGS / name / "stream.jsonl.gz")


# --- catalogue ----------------------------------------------------------------------------------


def test_catalogue_lists_the_nine() -> None:
    """Every trigger, and every template under its name."""
    names = run("catalogue", "-o", "name").stdout.split()
    assert {f"triggers/{name}" for name in lifecycle.NINE} <= set(names)
    assert "templates/rollout-aborted" in names


def test_catalogue_prints_an_item_as_it_is() -> None:
    """What is printed is the file; an unknown name is 1."""
    printed = yaml.safe_load(run("catalogue", "on-rollout-aborted").stdout)
    assert printed["send"] == ["rollout-aborted"]
    assert run("catalogue", "on-nothing").exit_code == 1


# --- render -------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", lifecycle.NINE)
def test_every_shipped_trigger_has_an_example(trigger: str) -> None:
    """Without files, a bundled transition is rendered."""
    result = run("render", "--trigger", trigger)
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout)["message"]


def test_render_a_template_for_an_object(config: str, rollout: str) -> None:
    """The ConfigMap's own template, through the service asked for."""
    result = run(
        "render", "--config", config, "--template", "short", "--object", rollout, "-o", "json"
    )
    assert result.exit_code == 0
    body = json.loads(result.stdout)
    assert (body["service"], body["template"]) == ("console", "short")
    assert "demo is Healthy" in str(body["body"])


def test_render_through_a_service_needs_no_secret(config: str, rollout: str) -> None:
    """The Authorization header is joined in when sending, so it is not in the message."""
    arguments = ("--config", config, "--trigger", "on-rollout-completed", "--object", rollout)
    result = run("render", *arguments, "--service", "audit", "-o", "json")
    assert result.exit_code == 0
    assert "$token" not in result.stdout


@pytest.mark.parametrize("service", ["slack", "email", "webhook", "console"])
def test_render_for_a_service_that_is_not_configured(service: str) -> None:
    """A placeholder stands for it: the look of a message needs no credential."""
    result = run("render", "--trigger", "on-rollout-paused", "--service", service,
                 "--recipient", "team@mail.example")  # fmt: skip
    assert (result.exit_code, bool(result.stdout)) == (0, True)


def test_a_trigger_that_does_not_fire_is_one(config: str, rollout: str) -> None:
    """The reason is said; nothing is on standard output."""
    arguments = ("--config", config, "--trigger", "on-rollout-aborted", "--object", rollout)
    result = run("render", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing would be sent: con" in result.stderr


def test_a_template_that_fails_is_one(config: str, rollout: str) -> None:
    """The fallback that people would receive is shown, and the reason."""
    result = run("render", "--config", config, "--template", "broken", "--object", rollout)
    assert result.exit_code == 1
    assert "template failed" in result.stderr
    assert result.stdout


def test_render_wants_one_of_template_and_trigger() -> None:
    """Neither or both is wrong usage."""
    assert run("render").exit_code == 2
    assert run("render", "--template", "a", "--trigger", "b").exit_code == 2


# --- replay -------------------------------------------------------------------------------------


def replayed(*arguments: str) -> list[dict[str, object]]:
    """Return the lines of a replay."""
    result = run("replay", *arguments, "-o", "json")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    "name",
    ["canary-abort-retry", "analysis-background-fail", "experiment-retry", "workloadref-update"],
)
def test_replay_gives_the_controllers_own_events(name: str) -> None:
    """Counts by trigger are those of the recording; each has one message on the console."""
    scenario = yaml.safe_load((RECORDINGS / name / "scenario.yaml").read_text(encoding="utf-8"))
    lines = replayed(stream(name))
    assert Counter(line["trigger"] for line in lines) == scenario["trigger_counts"]
    assert {len(line["deliveries"]) for line in lines} == {1}  # type: ignore[arg-type]
    assert set(lines[0]) == {
        "trigger", "namespace", "rollout", "uid", "key", "recovered", "missed", "deliveries",
        "verdicts",
    }  # fmt: skip


def test_replay_is_deterministic(config: str) -> None:
    """The time is the recording's, so two runs are equal byte for byte."""
    arguments = (stream("canary-abort-retry"), "--config", config)
    assert replayed(*arguments) == replayed(*arguments)


def test_replay_with_a_configuration_says_who_is_told(config: str) -> None:
    """Deliveries as they would be sent, a verdict for every no; the nine are always printed."""
    lines = replayed(stream("canary-abort-retry"), "--config", config)
    completed = [line for line in lines if line["trigger"] == "on-rollout-completed"]
    (aborted,) = [line for line in lines if line["trigger"] == "on-rollout-aborted"]
    assert completed[0]["deliveries"][0]["service"] == "audit"  # type: ignore[index]
    assert "demo is " in completed[0]["deliveries"][0]["body"]  # type: ignore[index]
    assert aborted["deliveries"] == []
    assert aborted["verdicts"][0]["decision"] != "sent"  # type: ignore[index]


def test_further_transitions_are_shown_when_asked() -> None:
    """They would disturb counts of the nine."""
    nine = replayed(stream("canary-manual-promote"))
    everything = replayed(stream("canary-manual-promote"), "--all-triggers")
    assert {line["trigger"] for line in nine} <= set(lifecycle.NINE)
    assert "on-new-replica-set-created" in {line["trigger"] for line in everything}
    assert [line for line in everything if line["trigger"] in lifecycle.NINE] == nine


def test_expect_compares_the_fields_given(tmp_path: Path) -> None:
    """Equal is 0; a difference is 1 and shown."""
    name = stream("canary-initial")
    lines = [{"trigger": line["trigger"]} for line in replayed(name)]
    expected = tmp_path / "expected.jsonl"
    expected.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("replay", name, "--expect", str(expected)).exit_code == 0
    expected.write_text("\n".join(map(json.dumps, lines[:-1])), encoding="utf-8")
    result = run("replay", name, "--expect", str(expected))
    assert result.exit_code == 1
    assert '+{"key":' in result.stderr
    expected.write_text("nonsense", encoding="utf-8")
    assert run("replay", name, "--expect", str(expected)).exit_code == 2


def test_text_output_reads_as_a_story() -> None:
    """One line per event, the message below it."""
    result = run("replay", stream("canary-abort-paused"))
    assert result.exit_code == 0
    assert "on-rollout-aborted  canary-abort-paused/demo" in result.stdout
    assert "🔴 demo: v2 aborted" in result.stdout


def test_a_bad_stream_is_two(tmp_path: Path) -> None:
    """File and line are named."""
    file = tmp_path / "bad.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    result = run("replay", str(file))
    assert (result.exit_code, "bad.jsonl" in result.stderr) == (2, True)
    assert run("replay", str(tmp_path / "gone.jsonl")).exit_code == 2
