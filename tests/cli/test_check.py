"""`check`: the daemon's own compilation, with every fault at its place in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from notifier.cli import main

GOOD = """\
kind: ConfigMap
metadata: {name: argo-rollouts-notification-cm}
data:
  service.slack: |
    token: $slack-token
  template.mine: |
    engine: jinja
    message: "{{ rollout.metadata.name }} moved"
  trigger.on-rollout-completed: |
    - send: [mine]
"""


def check(folder: Path, text: str, *arguments: str) -> Result:
    """Write a manifest and check it from within its folder."""
    (folder / "cm.yaml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["check", str(folder / "cm.yaml"), *arguments])


def test_good_configuration_is_zero(tmp_path: Path) -> None:
    """Nothing on standard output; what was understood on standard error. No Secret is needed."""
    result = check(tmp_path, GOOD)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("0 errors, 0 warnings; 1 service, ")
    assert result.stderr.endswith(" usable\n  mine  jinja\n")


def test_without_its_secret_a_service_is_an_error_only_if_asked(tmp_path: Path) -> None:
    """`:empty` says that there is no Secret, so the reference cannot be resolved."""
    result = check(tmp_path, GOOD, "--secret", ":empty")
    assert result.exit_code == 1
    assert "error: service.slack" in result.stdout
    assert "slack-token" in result.stdout


def test_a_fault_is_shown_at_its_line(tmp_path: Path) -> None:
    """File, line, severity, key, message and fix; the other keys are still checked."""
    text = GOOD.replace("send: [mine]", "send: [mien]")
    result = check(tmp_path, text)
    assert result.exit_code == 1
    (line,) = [one for one in result.stdout.splitlines() if ": error: " in one]
    place, _, rest = line.partition(": error: trigger.on-rollout-completed")
    assert place.endswith("cm.yaml:10:14")
    assert "mien" in rest
    assert "mine" in rest


def test_an_excerpt_is_a_config_map(tmp_path: Path) -> None:
    """Documentation shows what is below `data:` without kind and name."""
    result = check(tmp_path, GOOD[GOOD.index("data:") :])
    assert (result.exit_code, result.stdout) == (0, "")


def test_the_config_map_of_the_built_in_sender_is_a_warning(tmp_path: Path) -> None:
    """Both would send; the name that is free is given, at the line of the other."""
    upstream = GOOD.replace("{name: argo-rollouts-notification-cm}",
                            "{name: argo-rollouts-notification-configmap}")  # fmt: skip
    result = check(tmp_path, upstream)
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert "cm.yaml:2:18: warning: metadata.name" in line
    assert "both may send (call it argo-rollouts-notification-cm)" in line


def test_what_only_the_whole_shows_has_a_line_too(tmp_path: Path) -> None:
    """Names that lead nowhere, an item that sends nothing, an unused key of the Secret."""
    text = GOOD + (
        "  subscriptions: |\n"
        "    - recipients: [slack:a]\n"
        "      triggers: [on-rollout-abortd]\n"
        "    - recipients: [slack:b]\n"
        "---\n"
        "kind: Secret\n"
        "metadata: {name: argo-rollouts-notification-secret}\n"
        "stringData:\n"
        "  slack-token: xoxb-1\n"
        "  other: unused\n"
    )
    result = check(tmp_path, text)
    places = {line.split(": ")[0].partition("cm.yaml:")[2] for line in result.stdout.splitlines()}
    assert places == {"13:17", "14:7", "20:10"}
    assert "did you mean on-rollout-aborted?" in result.stdout


def test_only_a_reference_excuses_a_fault_without_secret(tmp_path: Path) -> None:
    """A value that is a reference may be fine; a type that does not exist is not."""
    text = GOOD.replace("service.slack:", "service.slak:")
    refused = check(tmp_path, text)
    assert (refused.exit_code, "error: service.slak" in refused.stdout) == (1, True)
    text = GOOD.replace("token: $slack-token", "token: x\n    apiURL: $url")
    excused = check(tmp_path, text)
    assert (excused.exit_code, "no Secret was given" in excused.stdout) == (0, True)


def test_strict_makes_warnings_errors(tmp_path: Path) -> None:
    """An unknown field is a warning, unless the caller wants it strict."""
    text = GOOD.replace("send: [mine]", "send: [mine]\n      wehn: 'true'")
    relaxed, strict = check(tmp_path, text), check(tmp_path, text, "--strict")
    assert (relaxed.exit_code, strict.exit_code) == (0, 1)
    assert "warning: trigger.on-rollout-completed" in relaxed.stdout
    assert "when" in relaxed.stdout


def test_machines_read_one_record_per_line(tmp_path: Path) -> None:
    """JSON lines with every field of the problem."""
    result = check(tmp_path, GOOD.replace("send: [mine]", "send: [mien]"), "-o", "json")
    (record,) = [json.loads(line) for line in result.stdout.splitlines() if "mien" in line]
    assert record["apiVersion"] == "notifier/v1"
    assert (record["severity"], record["line"]) == ("error", 10)
    assert record["key"] == "trigger.on-rollout-completed"


def test_standard_input_is_a_file() -> None:
    """`-` reads a manifest from a pipe."""
    result = CliRunner().invoke(main, ["check", "-"], input=GOOD)
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "at least one file"),
        (["/nowhere.yaml"], "No such file"),
    ],
)
def test_unreadable_input_is_two(arguments: list[str], message: str) -> None:
    """Nothing was checked, so the answer is neither yes nor no."""
    result = CliRunner().invoke(main, ["check", *arguments])
    assert (result.exit_code, message in result.stderr) == (2, True)


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    """Neither a good one nor one in a broken service."""
    secret = "---\nkind: Secret\nmetadata: {name: argo-rollouts-notification-secret}\n"
    secret += "stringData: {slack-token: xoxb-canary-7}\n"
    text = GOOD.replace("token: $slack-token", "token: $slack-token\n    apiURL: $slack-token")
    result = check(tmp_path, text + secret)
    assert "xoxb-canary-7" not in result.output


def test_annotations_of_rollouts_among_the_files_are_checked(tmp_path: Path) -> None:
    """A service that the configuration does not have, at the line of the annotation."""
    rollout = (
        "---\nkind: Rollout\nmetadata:\n  name: app\n  namespace: shop\n  annotations:\n"
        "    notifications.argoproj.io/subscribe.on-rollout-completed.slack: a\n"
        "    notifications.argoproj.io/subscribe.on-rollout-completed.slak: b\n"
    )
    result = check(tmp_path, GOOD + rollout)
    (line,) = result.stdout.splitlines()
    assert "cm.yaml:18:" in line
    assert "shop/app: no service slak is configured" in line
    assert "did you mean slack?" in line
