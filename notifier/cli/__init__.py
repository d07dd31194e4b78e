"""The command line: one module per command; parses, calls the same code as the daemon, prints.

A command lives in the module of its name as `command` and is imported only when it is used, so that
every one starts at once (spec/operations.md 1).
"""

from __future__ import annotations

import difflib
import importlib
from typing import Any, Final

import click
from typing_extensions import override

from notifier.cli import failures

COMMANDS: Final = (
    "run",
    "demo",
    "replay",
    "render",
    "check",
    "explain",
    "deliveries",
    "catalogue",
    "version",
)


FORMER: Final = ("template", "trigger")
"""Groups of the kubectl plugin that people may type."""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order people meet them."""
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; a former word is a command that names the new one."""
        if cmd_name in FORMER:
            former: click.Command = importlib.import_module("notifier.cli.former").command(cmd_name)
            return former
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"notifier.cli.{cmd_name}").command
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say what was probably meant if there is none."""
        if args and args[0] not in (*COMMANDS, *FORMER) and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"commands are {', '.join(COMMANDS)}"
            ctx.fail(f"no such command {args[0]!r}: {hint}")
        return super().resolve_command(ctx, args)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run; turn what we raise on purpose into one line and an exit code."""
        with failures.reported(ctx.params["debug"]):
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the answer is no or the work failed, 2 wrong usage or unreadable"
    " input, 3 daemon, cluster or store unreachable.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the output; auto: on a terminal, unless NO_COLOR is set.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
@click.pass_context
def main(ctx: click.Context, color: str, debug: bool) -> None:
    """Tell people what Argo Rollouts is doing.

    Try it without a cluster: notifier demo
    """
    del debug  # read by the group itself
    ctx.color = failures.wants_color(color)
