"""`notifier replay`: recorded watch streams through the real pipeline."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from notifier.cli import printing
from notifier.cli.failures import Failure
from notifier.cli.inputs import inputs

if TYPE_CHECKING:
    from notifier.app.replaying import Replayed
    from notifier.kube.streams import Entry

_EVERYTHING_TO_CONSOLE: Final = {
    "service.console": "{}",
    "subscriptions": "- recipients: ['console:']\n  triggers: [{triggers}]\n",
}
_STEPS: Final = 50


@click.command()
@click.argument("streams", nargs=-1, required=True, metavar="STREAM...")
@click.option("--config", "configs", multiple=True, metavar="FILE|-", help="ConfigMap and Secret.")
@inputs
@click.option(
    "--object-file",
    "object_files",
    multiple=True,
    metavar="FILE",
    help="Objects that exist from the start, such as the workload of a workloadRef.",
)
@click.option("--all-triggers", is_flag=True, help="Also transitions that nobody listens to.")
@click.option(
    "--expect",
    metavar="FILE",
    help="Compare with JSON lines of an earlier replay, or the trigger_counts of a scenario.yaml.",
)
@printing.output_option("text", "json")
def command(
    streams: Sequence[str],
    configs: Sequence[str],
    config_maps: Sequence[str],
    secret: str,
    settings: str,
    object_files: Sequence[str],
    all_triggers: bool,
    expect: str | None,
    output: str,
) -> None:
    """Feed recorded watch streams through the real pipeline.

    A stream is a file (.jsonl, .jsonl.gz), or a folder that holds stream.jsonl or stream.jsonl.gz.
    Prints one event per line in order of detection, with its messages and verdicts; nothing is
    sent. Without --config, every message goes to the console. Of the transitions beyond the nine,
    only those that somebody listens to are shown.

    With --expect, JSON lines are compared field by field of those they give; ends with 1 if the
    replay differs.

    Examples: notifier replay stream.jsonl.gz --config notifications.yaml -o json

    notifier replay tests/recordings/canary-initial --expect scenario.yaml
    """
    import asyncio

    from notifier.app import replaying
    from notifier.cli import compiling
    from notifier.kube import streams as recorded

    files = [*configs, *config_maps]
    configured = compiling.read_aloud(files, secret, settings)
    timeline = recorded.load([file for stream in streams for file in _files(stream)])
    data = configured.data if files else _to_console()
    lines = asyncio.run(
        replaying.replay(
            timeline,
            data,
            configured.secret,
            objects=_objects(object_files),
            templates=configured.settings.templates,
            on_step=_progress(len(timeline)),
        )
    )
    shown = [_record(one) for one in lines if all_triggers or _matters(one)]
    for record in shown:
        if output == "json":
            printing.emit(record, output)
        else:
            _print(record)
    if expect is not None:
        _compare(shown, expect)


def _files(stream: str) -> Sequence[Path]:
    """Return the files of a stream: itself, or those of its folder. Raises `UsageError`."""
    path = Path(stream)
    if not path.exists():
        raise click.BadParameter(f"{stream}: no such file or folder", param_hint="STREAM")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.glob("stream.jsonl*") if file.suffix in (".jsonl", ".gz"))
    if not found:
        raise click.BadParameter(
            f"{stream}: no stream.jsonl or stream.jsonl.gz in this folder", param_hint="STREAM"
        )
    return found[:1]


def _to_console() -> Mapping[str, str]:
    from notifier.core.lifecycle import NINE

    triggers = ", ".join(NINE)
    return {
        key: text.replace("{triggers}", triggers) for key, text in _EVERYTHING_TO_CONSOLE.items()
    }


def _objects(files: Iterable[str]) -> Sequence[Entry]:
    import orjson

    from notifier.cli import documents
    from notifier.kube.streams import Entry

    found = []
    for file in files:
        for one in documents.manifests(file):
            metadata = one.value.get("metadata") or {}
            labels = {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()}
            namespace = str(metadata.get("namespace") or "default")
            raw = orjson.dumps(one.value, default=str)
            found.append(Entry(0.0, "ADDED", one.kind, namespace, one.name, labels, raw))
    return found


def _progress(entries: int) -> Any:
    """Return what shows how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda: None
    played = 0

    def step() -> None:
        nonlocal played
        played += 1
        if played % _STEPS == 0 or played == entries:
            end = "\r\x1b[K" if played == entries else ""
            click.echo(f"\rreplaying {played}/{entries}{end}", nl=False, err=True)

    return step


def _matters(one: Replayed) -> bool:
    """Say whether an event is shown: the nine always, others if anybody was considered."""
    from notifier.core.lifecycle import NINE
    from notifier.core.model import Decision

    if one.event.transition.trigger in NINE:
        return True
    return any(verdict.decision is not Decision.NO_SUBSCRIPTION for verdict in one.verdicts)


def _record(one: Replayed) -> dict[str, Any]:
    """Return the shape that scripts rely on (design.md 6)."""
    from notifier.web import shapes

    transition = one.event.transition
    return {
        "trigger": transition.trigger,
        "namespace": transition.rollout.namespace,
        "rollout": transition.rollout.name,
        "uid": transition.rollout.uid,
        "key": transition.key,
        "recovered": transition.recovered,
        "missed": transition.missed,
        "deliveries": [
            {
                "service": row.destination.service,
                "recipient": row.destination.recipient,
                "template": row.template,
                "body": row.payload.decode(errors="replace"),
            }
            for row in one.deliveries
        ],
        "verdicts": [shapes.verdict(verdict) for verdict in one.verdicts],
    }


def _print(record: Mapping[str, Any]) -> None:
    marks = " (seen after a gap)" if record["recovered"] else ""
    marks += f" ({record['missed']} earlier not announced)" if record["missed"] else ""
    rollout = f"{record['namespace']}/{record['rollout']}"
    click.echo(f"{click.style(record['trigger'], bold=True)}  {rollout}{marks}")
    for row in record["deliveries"]:
        click.echo(f"  → {row['service']}:{row['recipient']}  template {row['template']}")
        for line in str(row["body"]).splitlines():
            click.echo(f"    {line}")
    for verdict in record["verdicts"]:
        if verdict["decision"] not in ("sent", "no_subscription"):
            to = f"{verdict['service']}:{verdict['recipient']}"
            click.echo(f"  ✗ {to}  {verdict['decision']}  {verdict['detail']}")


def _compare(shown: Sequence[Mapping[str, Any]], expect: str) -> None:
    """Compare with what a file says. Raises `Failure` with the differences on standard error."""
    from notifier.cli.documents import read_text

    text = read_text(expect)
    if Path(expect).suffix in (".yaml", ".yml"):
        differences = _count_differences(shown, text, expect)
    else:
        differences = _line_differences(shown, text, expect)
    if not differences:
        return
    for line in differences:
        click.echo(line, err=True)
    raise Failure(f"the replay differs from {expect}")


def _count_differences(shown: Sequence[Mapping[str, Any]], text: str, expect: str) -> Sequence[str]:
    """Return how the numbers by trigger differ from those of a scenario."""
    from notifier.core import yamltext
    from notifier.core.yamlscan import Limits

    scenario = yamltext.read(text, Limits(size=1 << 20, depth=200, nodes=100_000)).value
    wanted = scenario.get("trigger_counts") if isinstance(scenario, dict) else None
    if not isinstance(wanted, dict):
        raise click.BadParameter(f"{expect}: has no trigger_counts", param_hint="--expect")
    found = Counter(str(line["trigger"]) for line in shown)
    return [
        f"{trigger}: expected {wanted.get(trigger, 0)}, replayed {found[trigger]}"
        for trigger in sorted({*wanted, *found})
        if wanted.get(trigger, 0) != found[trigger]
    ]


def _line_differences(shown: Sequence[Mapping[str, Any]], text: str, expect: str) -> Sequence[str]:
    """Return how the lines differ from those given, field by field of those that a line gives."""
    import difflib

    import orjson

    try:
        wanted = [orjson.loads(line) for line in text.splitlines() if line.strip()]
    except orjson.JSONDecodeError as err:
        raise click.BadParameter(f"{expect}: not JSON lines: {err}", param_hint="--expect") from err
    if not all(isinstance(line, dict) for line in wanted):
        raise click.BadParameter(f"{expect}: a line is no object", param_hint="--expect")
    keys = [list(line) for line in wanted] + [["trigger", "key"]] * len(shown)
    found = [{key: line.get(key) for key in keys[at]} for at, line in enumerate(shown)]
    before, after = (
        [orjson.dumps(line, option=orjson.OPT_SORT_KEYS).decode() for line in lines]
        for lines in (wanted, found)
    )
    return list(difflib.unified_diff(before, after, "expected", "replayed", lineterm="", n=1))
