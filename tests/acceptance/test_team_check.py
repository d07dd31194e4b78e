"""`check --team` says of a team's files what the daemon says once they are applied: one table feeds
both."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from notifier.cli import main
from tests.acceptance.harness import CONFIG_MAP, SECRET, Daemon, Harness, until

CENTRAL = {
    "service.webhook.shared": "url: http://receiver.example/hook\n"
    "exportTo: [{namespaces: ['*'], recipients: ['room-*'], name: lent}]\n",
    "service.webhook.others": "url: http://receiver.example/hook\n"
    "exportTo: [{namespaces: [elsewhere], recipients: ['*']}]\n",
    "template.common": "message: hello\n",
    "trigger.on-common": "- when: rollout.spec.paused\n  send: [common]\n",
}
"""What the operator wrote; plain http is his to use."""

URL = "url: https://receiver.example/hook"

CASES: Mapping[str, tuple[Mapping[str, str], str]] = {
    "good": (
        {
            "service.webhook.own": f"{URL}\nbasicAuth: {{username: u, password: $token}}",
            "template.mine": "engine: jinja\nmessage: '{{ rollout.metadata.name }}'",
            "trigger.on-rollout-aborted": "- send: [mine, common]",
            "subscriptions": "- recipients: ['own:', 'lent:room-1']\n  triggers: [on-common]",
        },
        "",
    ),
    "plain-http": (
        {"service.webhook.own": "url: http://receiver.example/"},
        "must begin with https",
    ),
    "a-port": (
        {"service.webhook.own": "url: https://receiver.example:99/"},
        "has a port other than 443",
    ),
    "an-open-port": (
        {"service.webhook.own": "url: https://receiver.example:8443/?t=$token"},
        "",
    ),
    "a-proxy": (
        {"service.webhook.own": f"{URL}\nproxy: http://p:1"},
        "not in the configuration of a team",
    ),
    "an-export": (
        {"service.webhook.own": f"{URL}\nexportTo: [{{namespaces: ['*'], recipients: ['*']}}]"},
        "not in the configuration of a team",
    ),
    "a-header": (
        {"service.webhook.own": f"{URL}\nheaders:\n- {{name: Forwarded, value: $token}}"},
        "a team may set",
    ),
    "a-password": (
        {"service.webhook.own": f"{URL}\nbasicAuth: {{username: $token, password: plain}}"},
        "must come from the Secret",
    ),
    "the-console": ({"service.console": "{}"}, "there is no service type console"),
    "no-such-key": ({"service.slack": "token: $tokne"}, "has no key tokne"),
    "a-mention": (
        {
            "template.mine": "message: fine\nslack:\n  attachments: '<!channel>'",
            "trigger.on-rollout-aborted": "- send: [mine]",
        },
        "mentions somebody",
    ),
    "bad-jinja": (
        {
            "template.mine": "engine: jinja\nmessage: |\n  one\n  {{ 1 + }}",
            "trigger.on-rollout-aborted": "- send: [mine]",
        },
        "unexpected 'end of print statement'",
    ),
    "long-jinja": (
        {"template.mine": f"engine: jinja\nmessage: '{'x' * 33_000}{{{{ 1 }}}}'"},
        "longer than 32768",
    ),
    "long-go": (
        {"template.mine": f"engine: go\nmessage: '{'x' * 40_000}{{{{ 1 }}}}'"},
        "longer than",
    ),
    "a-function-of-the-operators": (
        {
            "template.mine": "engine: go\nmessage: '{{ htpasswd `a` `b` }}'",
            "trigger.on-rollout-aborted": "- send: [mine]",
        },
        "switched off",
    ),
    "a-long-condition": (
        {"trigger.on-rollout-aborted": f"- when: {' + '.join(['1'] * 9_000)} > 1\n  send: []"},
        "longer than",
    ),
    "no-such-names": (
        {
            "trigger.on-rollout-aborted": "- send: [commen]",
            "subscriptions": "- recipients: [others:x]\n  triggers: [on-comon]",
            "defaultTriggers.shared": "[on-common]",
            "tempalte.x": "message: x",
        },
        "which does not exist",
    ),
    "no-yaml": ({"trigger.on-rollout-aborted": "- send: ["}, "not valid YAML"),
    "too-much": (
        {f"partial.p{number}": "x" * 60_000 for number in range(5)},
        "more than 262144",
    ),
}
"""Per namespace: what its team writes, and a part of the error; empty if it is fine."""

OPENED = {"allow_ports": ["8443"], "allow_addresses": ["127.0.0.0/8"]}


def manifest(namespace: str, data: Mapping[str, str]) -> str:
    """Return a ConfigMap as people write it: every value a block."""
    name = f"metadata: {{name: {CONFIG_MAP}, namespace: {namespace}}}"
    lines = ["apiVersion: v1", "kind: ConfigMap", name, "data:"]
    for key, value in data.items():
        lines += [f"  {key}: |", textwrap.indent(value, "    ")]
    return "\n".join([*lines, ""])


def secret(namespace: str) -> str:
    """Return the team's Secret."""
    metadata = f"metadata: {{name: {SECRET}, namespace: {namespace}}}"
    return f"---\napiVersion: v1\nkind: Secret\n{metadata}\ndata: {{token: Y2FuYXJ5LTc=}}\n"


def check(file: Path, *arguments: str) -> Result:
    """Check a file, in this process."""
    return CliRunner().invoke(main, ["check", str(file), *arguments, "-o", "json"])


SAID = ("key", "field", "severity", "message", "fix")


def told(problems: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return what is said, without places."""
    return sorted(map(_said, problems))


@pytest.mark.blocking  # the command runs here, in a thread with a loop of its own
@pytest.mark.timeout(180)
async def test_check_says_what_the_daemon_says(tmp_path: Path) -> None:
    """Key, field, severity, message and fix are the same; the place is that of the file; the exit
    code is 1 for an error."""
    settings = {
        "self_service": {"enabled": True, "namespaces": list(CASES), **OPENED},
        "templates": {"allow_functions": ["htpasswd"]},
    }
    async with Harness(tmp_path, settings=settings) as harness:
        harness.configure(CENTRAL)
        central = tmp_path / "central.yaml"
        central.write_text(manifest("argo-rollouts", CENTRAL))
        for name, (data, _) in CASES.items():
            file = tmp_path / f"{name}.yaml"
            file.write_text(manifest(name, data) + secret(name))
            for each in yaml.safe_load_all(file.read_text()):
                harness.emulator.apply(each)
        daemon = await (await harness.start()).ready()
        in_force = await _all(daemon)
        for name, (_, fault) in CASES.items():
            file = tmp_path / f"{name}.yaml"
            done = await asyncio.to_thread(
                check, file, "--team", name, "--central", str(central),
                "--settings", str(tmp_path / "settings.yaml"),
            )  # fmt: skip
            rows = [json.loads(line) for line in done.stdout.splitlines()]
            assert told(rows) == told(in_force[name]), name
            errors = [each["message"] for each in rows if each["severity"] == "error"]
            assert (bool(errors), done.exit_code) == (bool(fault), int(bool(fault))), (name, errors)
            assert any(fault in each for each in errors) or not fault, (name, errors)
            assert {each["file"] for each in rows} <= {str(file)}
            _places(file, rows, in_force[name])


async def _all(daemon: Daemon) -> Mapping[str, list[dict[str, Any]]]:
    """Wait until every team's configuration is in force; return the problems by scope."""
    await until(
        lambda: {each["scope"] for each in daemon.logged("configuration in force")} >= {*CASES},
        "all teams are read",
        60,
    )
    items = (await daemon.ask("/api/v1/config"))["items"]
    return {each["scope"]: each["problems"] for each in items}


def _places(file: Path, checked: list[dict[str, Any]], said: list[dict[str, Any]]) -> None:
    """Whatever line of a value the daemon names, `check` names that line of the file."""
    lines = file.read_text().splitlines()
    for mine, daemons in zip(sorted(checked, key=_said), sorted(said, key=_said), strict=True):
        if mine["key"]:
            assert mine["line"] > 0
        if daemons["line"]:
            assert mine["line"] - daemons["line"] == lines.index(f"  {mine['key']}: |") + 1


def _said(problem: dict[str, Any]) -> tuple[str, ...]:
    return tuple(problem[name] for name in SAID)
