"""The group: every command is there, starts lean, has an example, fails as promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from notifier.cli import COMMANDS, failures, main, reference
from notifier.core import errors

HEAVY = (
    "kubernetes_asyncio",
    "slack_sdk",
    "aiohttp",
    "apsw",
    "rich",
    "jinja2",
    "prometheus_client",
)


def leaves(
    group: click.Group, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    """Return every command that is not a group, with its path."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += leaves(command, (*path, name))
        else:
            found.append(((*path, name), command))
    return found


@pytest.mark.parametrize(("path", "command"), leaves(main), ids=str)
def test_every_command_has_an_example(path: tuple[str, ...], command: click.Command) -> None:
    """Help shows how it is used, with its own name."""
    help_text = CliRunner().invoke(main, [*path, "--help"]).output
    assert f"notifier {' '.join(path)}" in (command.help or "")
    assert "Example" in help_text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_no_heavy_library(command: str) -> None:
    """Start-up stays fast because libraries are imported when they are used."""
    script = (
        "import sys; from notifier.cli import main\n"
        f"try: main([{command!r}, '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def failing(error: BaseException) -> click.Group:
    """Return a group whose only command raises."""

    @click.command()
    def command() -> None:
        raise error

    group = click.Group("g", params=[click.Option(["--debug"], is_flag=True)])
    group.invoke = lambda ctx: _reported(group, ctx, command)  # type: ignore[method-assign]
    group.add_command(command, "fail")
    return group


def _reported(group: click.Group, ctx: click.Context, command: click.Command) -> object:
    with failures.reported(ctx.params["debug"]):
        return click.Group.invoke(group, ctx)


PROBLEM = errors.Problem(document="f.yaml", key="web.port", message="no", fix="yes", line=3)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(errors.SettingsError(PROBLEM), 2, id="settings"),
        pytest.param(errors.TemplateError(PROBLEM), 2, id="configuration"),
        pytest.param(errors.ClusterError("refused"), 3, id="cluster"),
        pytest.param(errors.StoreError("locked"), 3, id="store"),
        pytest.param(errors.EvaluationError("template a", "no"), 1, id="evaluation"),
        pytest.param(KeyError("x"), 1, id="defect"),
    ],
)
def test_exit_codes(error: Exception, code: int) -> None:
    """One line on standard error, nothing on standard output, the code of the kind of failure."""
    result = CliRunner().invoke(failing(error), ["fail"])
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_debug_keeps_the_traceback() -> None:
    """With --debug an unexpected exception comes through."""
    result = CliRunner().invoke(failing(KeyError("x")), ["--debug", "fail"])
    assert isinstance(result.exception, KeyError)


def test_wrong_usage_is_two() -> None:
    """An unknown command and an unknown option."""
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2
    assert CliRunner().invoke(main, ["version", "--nonsense"]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["delivries"], "did you mean deliveries?"),
        (["zzz"], "commands are run, demo"),
        (["template", "get"], "notifier catalogue"),
        (["template", "notify", "rollout-aborted", "--recipient", "x"], "notifier render"),
        (["trigger", "run", "on-rollout-aborted"], "notifier explain rollout"),
        (["trigger"], "notifier catalogue"),
    ],
)
def test_other_words_name_the_command(arguments: list[str], hint: str) -> None:
    """A slip of the finger, and the words of the kubectl plugin: what to type is said, with 2."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {}, False),
    ],
)
def test_colour_is_as_asked(
    arguments: list[str], environment: dict[str, str], coloured: bool
) -> None:
    """Off a terminal there is none, unless it is asked for."""
    result = CliRunner().invoke(main, [*arguments, "catalogue"], env=environment)
    assert result.exit_code == 0
    assert ("\x1b[" in result.stdout) is coloured


def test_version_in_every_form() -> None:
    """Text for people, JSON and YAML for machines."""
    for output in ("text", "json", "yaml"):
        result = CliRunner().invoke(main, ["version", "-o", output])
        assert result.exit_code == 0
        assert "sqlite" in result.stdout


def test_the_reference_is_up_to_date() -> None:
    """docs/cli.md is what the declarations give; `python -m notifier.cli.reference` writes it."""
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == reference.text()
