"""`notifier deliveries`: the ledger of a running daemon."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NoReturn

import click

from notifier.cli import messages, printing
from notifier.cli.daemon import Daemon, segment, server_option
from notifier.cli.failures import Exit, Failure
from notifier.cli.moments import Since, ago, next_attempt

_STATES: Final = (
    "pending", "sending", "retry", "ambiguous", "parked",
    "delivered", "dead", "expired", "superseded", "shed", "dropped", "muted", "shadow",
)  # fmt: skip
_PAGE: Final = 100
_WATCH_S: Final = 1.0
_COLUMNS: Final = ("ID", "ROLLOUT", "TRIGGER", "TO", "STATE", "ATTEMPTS", "AGE")
_WIDE: Final = (*_COLUMNS, "REASON", "NEXT", "TEMPLATE", "REFERENCE")


@click.group()
def command() -> None:
    """List, show, redeliver and drop deliveries of a running daemon.

    Example: notifier deliveries list --state dead
    """


def _filters(function: Any) -> Any:
    for option in reversed(
        (
            click.option("--rollout", metavar="NS/NAME", default="", help="Of this Rollout."),
            click.option("--service", metavar="NAME", default="", help="Through this service."),
            click.option("--recipient", metavar="TEXT", default="", help="To this recipient."),
            click.option("--trigger", metavar="NAME", default="", help="Of this trigger."),
            click.option(
                "--state",
                type=click.Choice(_STATES),
                multiple=True,
                help="In this state; repeatable.",
            ),
            click.option("--reason", metavar="TEXT", default="", help="Ended for this reason."),
            click.option(
                "--since", type=Since(), default=None, metavar="AGE|TIME", help="Not older: 2h, 1d."
            ),
        )
    ):
        function = option(function)
    return function


def _query(given: Mapping[str, Any]) -> dict[str, Any]:
    names = ("rollout", "service", "recipient", "trigger", "state")
    query: dict[str, Any] = {name: given[name] for name in names if given[name]}
    if given["since"] is not None:
        query["since"] = repr(given["since"])
    return query


def _rows(daemon: Daemon, given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield matching deliveries, newest first, page by page."""
    query = _query(given) | {"limit": str(_PAGE)}
    while True:
        answer = daemon.get("/api/v1/deliveries", query)
        for row in answer["items"]:
            if not given["reason"] or row["reason"] == given["reason"]:
                yield row
        if not answer["next"]:
            return
        query["before"] = answer["next"]


@command.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@click.option(
    "--watch", "-w", is_flag=True, help="Go on, printing each delivery that changes, until Ctrl-C."
)
@printing.output_option("text", "wide", "name", "json", "yaml")
@server_option
def list_command(limit: int, watch: bool, output: str, server: str, **given: Any) -> None:
    """List deliveries, newest first.

    Example: notifier deliveries list --rollout shop/checkout --since 2h
    """
    daemon = Daemon(server)
    rows = list(islice(_rows(daemon, given), limit))
    _print_rows(rows, output)
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            _watch(daemon, given, limit, output, rows)


def _watch(
    daemon: Daemon,
    given: Mapping[str, Any],
    limit: int,
    output: str,
    rows: Sequence[Mapping[str, Any]],
) -> NoReturn:
    """Print every delivery that changes, oldest first, until interrupted."""
    seen = {row["id"]: _version(row) for row in rows}
    while True:
        time.sleep(_WATCH_S)
        rows = list(islice(_rows(daemon, given), limit))
        changed = [row for row in reversed(rows) if seen.get(row["id"]) != _version(row)]
        seen |= {row["id"]: _version(row) for row in changed}
        _print_rows(changed, output, headings=False)


def _version(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["state"], row["attempts"], row["reason"]


def _print_rows(rows: Sequence[Mapping[str, Any]], output: str, *, headings: bool = True) -> None:
    if output in ("json", "yaml"):
        for row in rows:
            printing.emit(row if output == "json" else [row], output)
    elif output == "name":
        for row in rows:
            click.echo(row["id"])
    elif rows:
        wide = output == "wide"
        lines = [_line(row, wide=wide) for row in printing.visible(rows)]
        printing.table(_WIDE if wide else _COLUMNS, lines, headings_shown=headings)
    elif headings:
        click.echo("No deliveries match.", err=True)


def _line(row: Mapping[str, Any], *, wide: bool) -> Sequence[object]:
    to = f"{row['service']}:{row['recipient']}"
    line: tuple[object, ...] = (
        row["id"], row["rollout"], row["trigger"], to, row["state"], row["attempts"],
        ago(row["created"]),
    )  # fmt: skip
    if wide:
        due = ago(row["due"])
        soon = due if due.startswith(("in ", "-")) else "due"
        line += (row["reason"] or "-", soon, row["template"], row["reference"] or "-")
    return line


@command.command("show")
@click.argument("delivery_id", metavar="ID")
@printing.output_option("text", "json", "yaml")
@server_option
def show(delivery_id: str, output: str, server: str) -> None:
    """Show one delivery: its attempts and its payload, secrets hidden.

    Example: notifier deliveries show dlv_0123456789abcdef
    """
    row = Daemon(server).get(f"/api/v1/deliveries/{segment(delivery_id)}")
    if output != "text":
        printing.emit(row, output)
        return
    print_delivery(printing.visible(row))
    printing.heading("\nPayload")
    payload = messages.readable(row["payload"])
    if isinstance(payload, str):
        click.echo("\n".join(printing.visible(payload.splitlines())))
    else:
        click.echo(printing.as_yaml(payload).rstrip())


def print_delivery(row: Mapping[str, Any]) -> None:
    """Print the facts of one delivery and its attempts."""
    reason = f" ({row['reason']})" if row["reason"] else ""
    click.echo(f"{row['id']}  {printing.paint(row['state'])}{reason}")
    click.echo(f"{row['rollout']}  {row['trigger']}  template {row['template']}")
    click.echo(f"to {row['service']}:{row['recipient']}, configured in {row['scope']}")
    click.echo(f"made {ago(row['created'])} ago, expires {row['expires']}")
    if row["due"]:
        click.echo(next_attempt(row["due"]))
    printing.heading("\nAttempts")
    for attempt in row["attemptLog"]:
        click.echo(f"  {attempt_line(attempt)}")
    if not row["attemptLog"]:
        click.echo("  none yet")


def attempt_line(attempt: Mapping[str, Any]) -> str:
    """Return one attempt as a line."""
    parts = [
        f"{attempt['number']}.",
        attempt["started"],
        printing.paint(attempt["result"]),
        attempt["reason"],
        f"status {attempt['status']}" if attempt["status"] else "",
        f"{attempt['latencyMs']:g} ms",
        "may have arrived" if attempt["ambiguous"] else "",
        attempt["detail"],
    ]
    return "  ".join(part for part in parts if part)


@command.command("redeliver")
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1)
@_filters
@click.option("--force", is_flag=True, help="Also past the maximum age.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@server_option
def redeliver(
    delivery_ids: Sequence[str], force: bool, yes: bool, server: str, **given: Any
) -> None:
    """Put ended deliveries back: same id, new attempt.

    Examples: notifier deliveries redeliver dlv_0123456789abcdef

    notifier deliveries redeliver --state dead --reason credential
    """
    _act(Daemon(server), "redeliver", _chosen(server, delivery_ids, given, yes=yes), force=force)


@command.command("drop")
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1)
@_filters
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@server_option
def drop(delivery_ids: Sequence[str], yes: bool, server: str, **given: Any) -> None:
    """End waiting deliveries as `dropped`; they are never sent.

    Example: notifier deliveries drop --service slack --state retry
    """
    _act(Daemon(server), "drop", _chosen(server, delivery_ids, given, yes=yes))


def _chosen(
    server: str, ids: Sequence[str], given: Mapping[str, Any], *, yes: bool
) -> Sequence[str]:
    """Return the ids named, or those the filters select after asking."""
    filtered = bool(_query(given) or given["reason"])
    if bool(ids) == filtered:
        raise click.UsageError("give either ids or filters (--state, --reason …)")
    if ids:
        return ids
    found = [row["id"] for row in _rows(Daemon(server), given)]
    if not found:
        raise Failure("no deliveries match")
    if yes:
        return found
    if not sys.stdin.isatty():
        raise Failure(f"{len(found)} deliveries match; --yes goes ahead", Exit.UNUSABLE)
    click.confirm(f"{len(found)} deliveries match. Go ahead?", abort=True, err=True)
    return found


def _act(daemon: Daemon, action: str, ids: Sequence[str], *, force: bool = False) -> None:
    """Do it for each id; report every refusal and fail at the end if there was one."""
    refused = 0
    for one in ids:
        try:
            query = {"force": "true"} if force else {}
            answer = daemon.post(f"/api/v1/deliveries/{segment(one)}/{action}", query)
        except Failure as err:
            if err.code != Exit.NO:
                raise
            refused += 1
            click.echo(f"Error: {err.message}", err=True)
        else:
            click.echo(f"{answer['id']}  {printing.paint(answer['state'])}")
    if refused:
        raise Failure(f"{refused} of {len(ids)} refused")
