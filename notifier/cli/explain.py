"""`notifier explain`: why a rollout did or did not notify, from a running daemon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from notifier.cli import deliveries, printing
from notifier.cli.daemon import Daemon, segment, server_option
from notifier.cli.moments import ago, next_attempt

_RECENT = 10
_NOBODY = "no_subscription"


@click.group()
def command() -> None:
    """Say why a rollout or one delivery was or was not notified.

    Example: notifier explain rollout shop/checkout
    """


@command.command("rollout")
@click.argument("rollout", metavar="NS/NAME")
@click.option("--limit", type=click.IntRange(1, 100), default=20, help="Transitions to look at.")
@printing.output_option("text", "json", "yaml")
@server_option
def rollout_command(rollout: str, limit: int, output: str, server: str) -> None:
    """Explain one rollout: what was seen, who listens, what was decided, what was sent.

    Example: notifier explain rollout shop/checkout
    """
    namespace, _, name = rollout.partition("/")
    if not name:
        raise click.BadParameter("write it as NAMESPACE/NAME", param_hint="NS/NAME")
    path = f"/api/v1/rollouts/{segment(namespace)}/{segment(name)}/explanation"
    found = Daemon(server).get(path, {"limit": str(limit)})
    if output != "text":
        printing.emit(found, output)
        return
    found = printing.visible(found)
    _observed(found)
    _listeners(found["listeners"])
    _decisions(found["decisions"])
    _deliveries(found["deliveries"])
    _problems(found["problems"])


def _observed(found: Mapping[str, Any]) -> None:
    printing.heading(f"{found['rollout']}: observed")
    if not found["observed"]:
        click.echo(f"  {found['hint']}")
    for event in found["observed"]:
        marks = " seen after a gap" if event["recovered"] else ""
        marks += f", {event['missed']} earlier not announced" if event["missed"] else ""
        evidence = ", ".join(f"{key} {value}" for key, value in event["facts"].items() if value)
        click.echo(f"  {ago(event['observed']):>4} ago  {event['trigger']}{marks}  {evidence}")
    if not found["exists"]:
        click.echo("  the Rollout does not exist any more")


def _listeners(listeners: Sequence[Mapping[str, Any]]) -> None:
    printing.heading("\nListens now")
    for one in listeners:
        hint = f"  ← {one['hint']}" if one["hint"] else ""
        to = f"{one['service']}:{one['recipient']}"
        click.echo(f"  {one['trigger']}  {to}  from {one['scope']}, {one['source']}{hint}")
    if not listeners:
        click.echo("  nobody: annotate the Rollout, or add to `subscriptions` of the ConfigMap:")
        click.echo("  notifications.argoproj.io/subscribe.on-rollout-aborted.slack: my-channel")


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> None:
    printing.heading("\nDecided")
    for one in decisions:
        if one["decision"] == _NOBODY:
            continue
        to = f"{one['service']}:{one['recipient']}" if one["service"] else "nobody"
        word = printing.paint(one["decision"])
        click.echo(f"  {ago(one['observed']):>4} ago  {one['trigger']}  {to}  {word}")
        if one["decision"] != "sent":
            click.echo(f"           {_because(one)}")
    _unheard(decisions)
    if not decisions:
        click.echo("  nothing: there was no transition to decide about")


def _because(one: Mapping[str, Any]) -> str:
    """Return why, each thing once: a hint may repeat the detail."""
    parts = [one["source"], one["condition"], one["detail"]]
    if one["hint"].replace("'", "") not in one["detail"].replace("'", ""):
        parts.append(one["hint"])
    return "; ".join(part for part in parts if part)


def _unheard(decisions: Sequence[Mapping[str, Any]]) -> None:
    """Print in one line what happened without a listener, and how to listen."""
    unheard = Counter(one["trigger"] for one in decisions if one["decision"] == _NOBODY)
    if not unheard:
        return
    names = (name if count == 1 else f"{name} ({count})" for name, count in unheard.items())
    click.echo(f"  nobody listens to: {', '.join(names)}")
    click.echo(
        "           annotate the Rollout: notifications.argoproj.io/subscribe.TRIGGER.SERVICE:"
        " RECIPIENT"
    )


def _deliveries(rows: Sequence[Mapping[str, Any]]) -> None:
    printing.heading("\nSent")
    for row in rows[:_RECENT]:
        reason = f" ({row['reason']})" if row["reason"] else ""
        due = f", {next_attempt(row['due'])}" if row["due"] else ""
        to = f"{row['service']}:{row['recipient']}"
        state = printing.paint(row["state"])
        click.echo(f"  {ago(row['created']):>4} ago  {row['trigger']}  {to}  {state}{reason}{due}")
        click.echo(f"           {row['id']}" + (f"  ← {row['hint']}" if row["hint"] else ""))
    if len(rows) > _RECENT:
        click.echo(f"  … {len(rows) - _RECENT} more: notifier deliveries list")
    if not rows:
        click.echo("  nothing")


def _problems(problems: Sequence[Mapping[str, Any]]) -> None:
    if not problems:
        return
    printing.heading("\nFaults of the configuration")
    for one in problems:
        fix = f" ({one['fix']})" if one["fix"] else ""
        word = printing.paint(one["severity"])
        click.echo(f"  {word}  {one['scope']}: {one['key']} {one['field']}: {one['message']}{fix}")


@command.command("delivery")
@click.argument("delivery_id", metavar="ID")
@printing.output_option("text", "json", "yaml")
@server_option
def delivery_command(delivery_id: str, output: str, server: str) -> None:
    """Explain one message: event, subscription, condition, template, attempts.

    Example: notifier explain delivery dlv_0123456789abcdef
    """
    row = Daemon(server).get(f"/api/v1/deliveries/{segment(delivery_id)}")
    if output != "text":
        printing.emit(row, output)
        return
    row = printing.visible(row)
    event = row["eventDetail"]
    if event:
        printing.heading("Event")
        click.echo(f"{event['trigger']} of {event['rollout']}, seen {ago(event['observed'])} ago")
        click.echo(f"key {event['key']}")
        _cause([one for one in event["verdicts"] if one["delivery"] == row["id"]])
    printing.heading("\nDelivery")
    deliveries.print_delivery(row)


def _cause(verdicts: Sequence[Mapping[str, Any]]) -> None:
    for one in verdicts:
        printing.heading("\nBecause")
        click.echo(f"subscription {one['source']} (scope {one['scope']})")
        click.echo(f"condition {one['condition'] or 'none: always'}")
        click.echo(f"template {one['template']}")
