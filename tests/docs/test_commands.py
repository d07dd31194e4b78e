"""Every command that README and docs show is run, or at least understood by the command line."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from notifier.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^[ ]*```(\w+)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield (page, text) of each fenced block in the language."""
    for page in PAGES:
        for found, text in BLOCK.findall(page.read_text()):
            if found == language:
                yield page.name, text


def console_commands() -> list[str]:
    """Return what stands behind `$ ` in the console blocks: runs without a cluster."""
    lines = [line.strip() for _, text in blocks("console") for line in text.splitlines()]
    return sorted({line[2:].partition("  #")[0].strip() for line in lines if line.startswith("$ ")})


def shell_commands(program: str) -> list[str]:
    """Return the commands of the shell blocks that start the program."""
    lines = [line.strip() for _, text in blocks("shell") for line in text.splitlines()]
    return sorted({line for line in lines if line.startswith(program + " ")})


def test_the_two_commands_come_first() -> None:
    """README's first block is `make demo` and `make test`."""
    first = next(text for page, text in blocks("console") if page == "README.md")
    assert [line.split()[2] for line in first.splitlines()] == ["demo", "test"]


@pytest.mark.parametrize("command", [c for c in console_commands() if c.startswith("make ")])
def test_make_target_exists(command: str) -> None:
    """Each make target that is named exists, with a line of help."""
    target = command.split()[1]
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", [c for c in console_commands() if c.startswith("notifier ")])
def test_console_command_runs(command: str) -> None:
    """Each command that needs nothing runs from the checkout and succeeds."""
    words = [sys.executable, "-m", *shlex.split(command)]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout + result.stderr


def _last(recording: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the last version of each object of a recording, by kind and name."""
    lines = gzip.decompress(recording.read_bytes()).splitlines()
    objects = [json.loads(line)["object"] for line in lines]
    return {(each["kind"], each["metadata"].get("name", "")): each for each in objects}


@pytest.mark.parametrize("command", shell_commands("notifier render"))
def test_render_command_runs(command: str, tmp_path: Path) -> None:
    """Beside a configuration, a Rollout and its AnalysisRuns of the names that it gives them."""
    configuration = ROOT / "tests" / "data" / "existing-configuration.yaml"
    (tmp_path / "notifications.yaml").write_bytes(configuration.read_bytes())
    last = _last(ROOT / "tests" / "recordings" / "analysis-step-fail" / "stream.jsonl.gz")
    (rollout,) = [each for (kind, _), each in last.items() if kind == "Rollout"]
    runs = [each for (kind, _), each in last.items() if kind == "AnalysisRun"]
    (tmp_path / "rollout.yaml").write_text(yaml.safe_dump(rollout))
    (tmp_path / "runs.yaml").write_text(yaml.safe_dump_all(runs))
    words = [sys.executable, "-m", *shlex.split(command)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert rollout["metadata"]["name"] in result.stdout or "--template" in words


@pytest.mark.parametrize("command", shell_commands("notifier"))
def test_shell_command_is_understood(command: str) -> None:
    """Each command that needs a cluster or a daemon parses: its name and options exist."""
    words = shlex.split(command.partition("  #")[0])[1:]
    result = CliRunner().invoke(main, [*words, "--help"])  # parsed before help is shown
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("text", [text for _, text in blocks("yaml")])
def test_yaml_example_is_yaml(text: str) -> None:
    """Each YAML example parses."""
    assert yaml.safe_load(text) is not None
