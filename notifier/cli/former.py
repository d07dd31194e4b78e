"""The words of `kubectl argo rollouts notifications`: each names the command that does it here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from notifier.cli.failures import Exit, Failure

NOW: Final = {
    "template get": "notifier catalogue [NAME]",
    "template notify": "notifier render --template NAME --object ROLLOUT.yaml --service slack",
    "trigger get": "notifier catalogue [NAME]",
    "trigger run": "notifier explain rollout NAMESPACE/NAME\n"
    "  notifier render --trigger NAME --object ROLLOUT.yaml\n"
    "  notifier replay STREAM",
}
"""Former command, and what to type now."""


def command(group: str) -> click.Command:
    """Return the hidden command of the former group `template` or `trigger`."""

    @click.command(group, hidden=True, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def former(words: Sequence[str]) -> None:
        """Name the new command."""
        meant = [old for old in NOW if old.split()[0] == group and old.split()[1] in words[:1]]
        found = meant or [old for old in NOW if old.split()[0] == group]
        lines = [f"there is no `notifier {old}`; write\n  {NOW[old]}" for old in found]
        raise Failure("\n".join(lines), Exit.UNUSABLE)

    return former
