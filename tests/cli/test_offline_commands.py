"""`catalogue`, `render` and `replay`: the production path without a cluster."""

from __future__ import annotations

import json
import urllib.parse
from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from notifier.cli import main
from notifier.core import lifecycle
from tests.strategies.recordings import ROOT

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


def test_all_renders_every_trigger(config: str) -> None:
    """The nine, in order; what the ConfigMap adds and no example shows is said."""
    result = run("render", "--all", "-o", "json")
    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["trigger"] for one in records] == list(lifecycle.NINE)
    text = run("render", "--all")
    assert len(list(yaml.safe_load_all(text.stdout))) == len(lifecycle.NINE)
    failed = run("render", "--all", "--config", config)
    assert (failed.exit_code, "1 of 9 triggers failed" in failed.stderr) == (1, True)


def test_strict_refuses_what_is_missing(config: str, rollout: str, tmp_path: Path) -> None:
    """A path that leads nowhere prints nothing, unless the caller wants to know."""
    file = tmp_path / "wrong.yaml"
    file.write_text(CONFIG.replace("rollout.status.phase", "rollout.status.fase"))
    arguments = ("render", "--template", "short", "--config")
    relaxed = run(*arguments, str(file), "--object", rollout)
    assert (relaxed.exit_code, "demo is" in relaxed.stdout) == (0, True)
    for example in (("--object", rollout), ()):
        strict = run(*arguments, str(file), *example, "--strict")
        assert (strict.exit_code, "prints fase, which is missing" in strict.stderr) == (1, True)
        assert run(*arguments, config, *example, "--strict").exit_code == 0


@pytest.mark.parametrize("service", ["slack", "email", "webhook", "console"])
def test_the_shipped_templates_print_nothing_missing(service: str) -> None:
    """Every fact of the shipped messages is there, or not mentioned."""
    result = run("render", "--all", "--strict", "--service", service)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_slack_message_has_a_link_to_look_at_it() -> None:
    """The Block Kit Builder gets blocks and attachments; other services have no link."""
    record = json.loads(
        run("render", "--trigger", "on-rollout-paused", "--service", "slack", "-o", "json").stdout
    )
    address, _, encoded = record["preview"].partition("#")
    shown = json.loads(urllib.parse.unquote(encoded))
    assert address == "https://app.slack.com/block-kit-builder/"
    assert shown["blocks"] == record["body"]["arguments"]["blocks"]
    assert shown["attachments"] == record["body"]["arguments"]["attachments"]
    other = run("render", "--trigger", "on-rollout-paused", "-o", "json")
    assert json.loads(other.stdout)["preview"] is None


def test_a_text_without_blocks_has_a_link_too(config: str, rollout: str) -> None:
    """The text becomes the one block."""
    result = run("render", "--config", config, "--template", "short", "--object", rollout,
                 "--service", "slack", "-o", "json")  # fmt: skip
    shown = json.loads(urllib.parse.unquote(json.loads(result.stdout)["preview"].partition("#")[2]))
    assert shown["blocks"][0]["text"]["text"] == "demo is Healthy"


def test_people_read_the_mail_and_the_body_opened() -> None:
    """Subject, text and HTML of a mail; the JSON of a webhook as YAML."""
    mail = yaml.safe_load(run("render", "--trigger", "on-rollout-paused",
                              "--service", "email").stdout)["mail"]  # fmt: skip
    assert mail["Subject"].startswith("[shop] checkout waits for you")
    assert "Promote: kubectl" in mail["plain"]
    body = yaml.safe_load(run("render", "--trigger", "on-rollout-paused",
                              "--service", "webhook").stdout)["body"]  # fmt: skip
    assert body["rollout"]["name"] == "checkout"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--trigger", "on-rollout-abort"], "did you mean on-rollout-aborted?"),
        (["--template", "rollout-abortd"], "did you mean rollout-aborted?"),
        (["--trigger", "on-rollout-paused", "--service", "slak"], "did you mean slack?"),
    ],
)
def test_a_name_that_does_not_exist_is_one(arguments: list[str], hint: str) -> None:
    """What was probably meant is said."""
    result = run("render", *arguments)
    assert (result.exit_code, hint in result.stderr) == (1, True)


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
    assert run("render", "--all", "--trigger", "b").exit_code == 2


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


def test_a_folder_is_its_stream() -> None:
    """A recording is named by its folder; one without a stream is wrong usage."""
    folder = RECORDINGS / "canary-initial"
    assert replayed(str(folder)) == replayed(stream("canary-initial"))
    assert run("replay", str(RECORDINGS)).exit_code == 2


def test_expect_compares_counts_of_a_scenario(tmp_path: Path) -> None:
    """Equal is 0; a trigger too many or too few is named; a file without counts is 2."""
    folder = RECORDINGS / "canary-initial"
    right, wrong = str(folder / "scenario.yaml"), tmp_path / "scenario.yaml"
    assert run("replay", str(folder), "--expect", right).exit_code == 0
    wrong.write_text("trigger_counts: {on-rollout-aborted: 1, on-rollout-completed: 1}")
    result = run("replay", str(folder), "--expect", str(wrong))
    assert result.exit_code == 1
    assert "on-rollout-aborted: expected 1, replayed 0" in result.stderr
    assert "on-rollout-updated: expected 0, replayed 1" in result.stderr
    wrong.write_text("name: x")
    assert run("replay", str(folder), "--expect", str(wrong)).exit_code == 2


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


SEALED = """\
kind: ConfigMap
metadata: {name: argo-rollouts-notification-cm}
data:
  service.slack: "token: $slack-token"
  template.mine: |
    message: "{{ toString .secrets.pager }} {{ derivePassword 1 `long` `pw` `user` `site` | len }}"
  trigger.on-rollout-completed: "- send: [mine]"
---
kind: Secret
metadata: {name: argo-rollouts-notification-secret}
stringData: {slack-token: xoxb-1, pager: canary-8}
"""


@pytest.mark.parametrize("command", ["check", "render", "replay"])
def test_what_templates_may_do_comes_from_the_settings(command: str, tmp_path: Path) -> None:
    """Functions that the operator allowed compile, listed secrets show as marks, never as
    themselves."""
    configuration, settings = tmp_path / "cm.yaml", tmp_path / "settings.yaml"
    configuration.write_text(SEALED)
    settings.write_text(
        "templates: {secret_keys: [pager], allow_functions: [derivePassword]}", encoding="utf-8"
    )
    words = {
        "check": ["check", str(configuration)],
        "render": ["render", "--config", str(configuration), "--template", "mine"],
        "replay": [
            *("replay", str(ROOT / "canary-manual-promote")),
            *("--config", str(configuration), "--all-triggers"),
        ],
    }[command]
    if command == "render":
        words += ["--service", "slack"]
    without = CliRunner().invoke(main, words)
    assert "derivePassword" in without.output
    result = CliRunner().invoke(main, [*words, "--settings", str(settings)])
    assert result.exit_code == 0, result.output
    assert "switched off" not in result.output
    assert "canary-8" not in result.output
    if command == "render":
        assert "***pager*** 14" in result.output
