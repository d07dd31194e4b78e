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


# --- configuration of a team ----------------------------------------------------------------------

TEAM = """\
kind: ConfigMap
metadata:
  name: argo-rollouts-notification-cm
  namespace: payments
data:
  service.webhook.own: |
    url: https://own.example/$hook
    basicAuth: {username: $user, password: $password}
  subscriptions: |
    - recipients: ["own:", "chat:payments-1"]
      triggers: [on-rollout-aborted]
"""

CENTRAL = """\
kind: ConfigMap
metadata: {name: argo-rollouts-notification-cm, namespace: argo-rollouts}
data:
  service.slack: |
    token: $slack-token
    exportTo: [{namespaces: [payments], recipients: ["payments-*"], name: chat}]
  service.webhook.audit: |
    url: https://audit.example/
    exportTo: [{namespaces: [audit], recipients: ["*"]}]
"""


def check_team(folder: Path, text: str, *arguments: str) -> Result:
    """Check a team's file beside the operator's."""
    (folder / "central.yaml").write_text(CENTRAL, encoding="utf-8")
    return check(
        folder, text, "--team", "payments", "--central", str(folder / "central.yaml"), *arguments
    )


def test_a_team_stands_on_the_operators_configuration(tmp_path: Path) -> None:
    """What is exported can be used, under its name there; references need no Secret."""
    assert check_team(tmp_path, TEAM).stdout == ""
    result = check_team(tmp_path, TEAM.replace("https://own.example/$hook", "$hook"))
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert "cm.yaml:7:5: warning: service.webhook.own url: " in line
    assert "no Secret was given" in line
    assert "chat" not in result.stdout


def test_without_the_operators_file_its_names_are_not_known(tmp_path: Path) -> None:
    """That is said, since the daemon would know them."""
    result = check(tmp_path, TEAM, "--team", "payments")
    assert "no service chat exists" in result.stdout
    assert result.stderr.startswith("without --central, services, triggers and templates of")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "$password}",
            "plain}",
            "cm.yaml:8:34: error: service.webhook.own basicAuth.password: must",
        ),
        (
            "https://own.example/$hook",
            "http://own.example/",
            "cm.yaml:7:5: error: service.webhook.own url: must begin",
        ),
        (
            "$hook",
            "\n    headers: [{name: Cookie2, value: $user}]",
            "cm.yaml:8:16: error: service.webhook.own headers[0].name: a team may set",
        ),
        (
            "$hook",
            "\n    oauth2: {clientId: $user, clientSecretRef: $s, tokenUrl: 'http://x.example'}",
            "oauth2.tokenUrl: must begin with https",
        ),
        ("service.webhook.own", "service.console.own", "error: service.console.own: there is no"),
    ],
)
def test_no_reference_excuses_what_teams_may_not(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Without the Secret a fault is excused only if it lies in the value that is a reference."""
    result = check_team(tmp_path, TEAM.replace(old, new))
    assert result.exit_code == 1
    assert said in result.stdout


def test_faults_of_the_operators_are_not_the_teams(tmp_path: Path) -> None:
    """They go to standard error, and decide nothing."""
    (tmp_path / "wrong.yaml").write_text(CENTRAL.replace("token:", "tokne:"), encoding="utf-8")
    arguments = ("--team", "payments", "--central", str(tmp_path / "wrong.yaml"))
    result = check(tmp_path, TEAM, *arguments)
    assert result.exit_code == 0
    assert "wrong.yaml:5:5: error: service.slack" in result.stderr
    assert "wrong.yaml" not in result.stdout


def test_annotations_are_served_by_both(tmp_path: Path) -> None:
    """The team's own services and what the operator lets that namespace use; the rest is told."""
    annotations = "".join(
        f"    notifications.argoproj.io/subscribe.on-rollout-aborted.{service}: x\n"
        for service in ("own", "slack", "audit", "chta")
    )
    rollout = f"---\nkind: Rollout\nmetadata:\n  name: app\n  annotations:\n{annotations}"
    other = rollout.replace("name: app\n", "name: other\n  namespace: shop\n")
    result = check_team(tmp_path, TEAM + rollout + other)
    lines = [line for line in result.stdout.splitlines() if "Rollout" in line or "/app" in line]
    assert [line.partition("payments/app: ")[2].split(":")[0] for line in lines] == [
        "no service audit is configured",
        "no service chta is configured",
    ]
    assert "did you mean chat?" in lines[1]
    assert "other" not in result.stdout


def test_an_export_to_others_binds_annotations(tmp_path: Path) -> None:
    """Also where no team configures for itself."""
    rollout = (
        "---\nkind: Rollout\nmetadata:\n  name: app\n  namespace: {}\n  annotations:\n"
        "    notifications.argoproj.io/subscribe.on-rollout-aborted.audit: x\n"
    )
    result = check(tmp_path, CENTRAL + rollout.format("shop") + rollout.format("audit"))
    (line,) = result.stdout.splitlines()
    assert "shop/app: service audit cannot be used: exportTo of the service does not name" in line


@pytest.mark.parametrize(
    ("settings", "text", "said"),
    [
        (
            "self_service: {enabled: false}",
            TEAM,
            "settings.yaml: warning: self_service.enabled: is off",
        ),
        (
            "self_service: {enabled: true, namespaces: [shop]}",
            TEAM,
            "settings.yaml: warning: self_service.namespaces: does not list payments",
        ),
        (
            "self_service: {enabled: true, namespaces: [payments], config_map: notify}",
            TEAM,
            "cm.yaml:3:9: warning: metadata.name: notifier reads the ConfigMap of another",
        ),
    ],
)
def test_what_the_daemon_would_not_read(
    tmp_path: Path, settings: str, text: str, said: str
) -> None:
    """A file without a fault that nobody reads is a fault."""
    (tmp_path / "settings.yaml").write_text(settings, encoding="utf-8")
    result = check_team(tmp_path, text, "--settings", str(tmp_path / "settings.yaml"))
    assert said in result.stdout


def test_the_operator_opens_ports_by_the_settings(tmp_path: Path) -> None:
    """What is refused by default is fine with the daemon's own settings."""
    text = TEAM.replace("own.example/$hook", "own.example:8443/")
    settings = "self_service: {enabled: true, namespaces: [payments], allow_ports: ['8443']}"
    (tmp_path / "settings.yaml").write_text(settings, encoding="utf-8")
    opened = check_team(tmp_path, text, "--settings", str(tmp_path / "settings.yaml"))
    assert (check_team(tmp_path, text).exit_code, opened.exit_code) == (1, 0)


def test_a_file_of_another_namespace(tmp_path: Path) -> None:
    """It is not the team's; the message says whose it is. `--central` alone has no meaning."""
    result = check(tmp_path, TEAM, "--team", "shop")
    assert (result.exit_code, "no ConfigMap of shop, but of payments" in result.stderr) == (2, True)
    assert "cm.yaml:4:14" in result.stderr
    alone = check(tmp_path, TEAM, "--central", str(tmp_path / "cm.yaml"))
    assert (alone.exit_code, "--central goes with --team" in alone.stderr) == (2, True)
