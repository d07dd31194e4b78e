"""`deliveries` and `explain` against a real admin port."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from notifier.cli import main
from notifier.core.model import Decision, State
from notifier.ports import Intake
from tests.web import ledger
from tests.web.ledger import Admin


@pytest.fixture
async def port() -> AsyncIterator[Admin]:
    """An admin port over an empty ledger."""
    async with ledger.admin_port() as here:
        yield here


async def run(port: Admin, *arguments: str, answer: str | None = None) -> Result:
    """Run a command in a thread while the port answers."""
    line = [*arguments, "--server", port.url]
    return await asyncio.to_thread(CliRunner().invoke, main, line, answer)


async def test_list_in_every_form(port: Admin) -> None:
    """A table, names, JSON lines and YAML, newest first."""
    await port.commit(1, 2)
    text = await run(port, "deliveries", "list")
    wide = await run(port, "deliveries", "list", "-o", "wide")
    names = await run(port, "deliveries", "list", "-o", "name")
    lines = await run(port, "deliveries", "list", "-o", "json")
    yaml = await run(port, "deliveries", "list", "-o", "yaml")
    assert [result.exit_code for result in (text, wide, names, lines, yaml)] == [0] * 5
    assert text.stdout.splitlines()[0].split()[:3] == ["ID", "ROLLOUT", "TRIGGER"]
    assert "slack:#ops" in text.stdout
    assert "rollout-aborted" in wide.stdout
    assert names.stdout.split() == ["dlv_2", "dlv_1"]
    assert [json.loads(line)["id"] for line in lines.stdout.splitlines()] == ["dlv_2", "dlv_1"]
    assert yaml.stdout.startswith("- id: dlv_2\n")


async def test_list_goes_past_the_first_page(port: Admin) -> None:
    """More rows than one answer holds."""
    await port.commit(*range(130))
    names = await run(port, "deliveries", "list", "-o", "name", "--limit", "120")
    assert names.stdout.split() == [f"dlv_{number}" for number in range(129, 9, -1)]


async def test_list_filters_and_says_when_nothing_matches(port: Admin) -> None:
    """What is printed for nobody is on standard error."""
    await port.commit(1)
    none = await run(port, "deliveries", "list", "--state", "dead", "--since", "2h")
    assert (none.exit_code, none.stdout, none.stderr) == (0, "", "No deliveries match.\n")


async def test_show_gives_attempts_and_the_payload(port: Admin) -> None:
    """Without the secret."""
    await port.commit(1)
    await port.settle(State.RETRY, "server", f"503 {ledger.SECRET}")
    shown = await run(port, "deliveries", "show", "dlv_1")
    assert shown.exit_code == 0
    assert "dlv_1  retry (server)" in shown.stdout
    assert "503 ***" in shown.stdout
    assert "text: aborted ***" in shown.stdout
    assert ledger.SECRET not in shown.stdout


async def test_redeliver_by_id_reports_each(port: Admin) -> None:
    """One goes back, one is refused: both are said, the exit code is 1."""
    await port.commit(1)
    await port.settle(State.DEAD, "recipient")
    await port.commit(2)
    result = await run(port, "deliveries", "redeliver", "dlv_1", "dlv_2")
    assert (result.exit_code, result.stdout) == (1, "dlv_1  pending\n")
    assert "dlv_2 has not ended" in result.stderr
    assert "1 of 2 refused" in result.stderr


async def test_redeliver_many_needs_a_yes(port: Admin) -> None:
    """Off a terminal it does not ask and does nothing without --yes."""
    await port.commit(1, 2)
    await port.settle(State.DEAD, "recipient")
    arguments = ("deliveries", "redeliver", "--state", "dead", "--reason", "recipient")
    refused = await run(port, *arguments)
    assert (refused.exit_code, "2 deliveries match" in refused.stderr) == (2, True)
    other = await run(port, *arguments[:-1], "server", "--yes")
    assert (other.exit_code, "no deliveries match" in other.stderr) == (1, True)
    done = await run(port, *arguments, "--yes")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 2)
    assert (await port.store.counts())[State.PENDING] == 2


async def test_redeliver_old_ones_with_force(port: Admin) -> None:
    """The refusal names the option; the option works."""
    await port.commit(1)
    await port.settle(State.DEAD, "recipient")
    port.clock.at += 5000
    refused = await run(port, "deliveries", "redeliver", "dlv_1")
    forced = await run(port, "deliveries", "redeliver", "dlv_1", "--force")
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    assert forced.exit_code == 0


async def test_drop_ends_a_waiting_row(port: Admin) -> None:
    """It is never sent."""
    await port.commit(1)
    result = await run(port, "deliveries", "drop", "dlv_1")
    assert (result.exit_code, result.stdout) == (0, "dlv_1  dropped\n")


@pytest.mark.parametrize("arguments", [[], ["dlv_1", "--state", "dead"]])
async def test_ids_or_filters_but_not_both(port: Admin, arguments: list[str]) -> None:
    """Neither would mean everything, both is unclear."""
    result = await run(port, "deliveries", "drop", *arguments)
    assert (result.exit_code, "either ids or filters" in result.stderr) == (2, True)


async def test_explain_rollout_answers_in_order(port: Admin) -> None:
    """Observed, listeners, decided, sent."""
    await port.commit(1)
    no = ledger.verdict(2, Decision.CONDITION_FALSE, condition="phase == 'Healthy'")
    await port.store.commit([Intake(events=[ledger.event(2)], verdicts=[no])])
    await port.settle(State.PARKED, "credential")
    result = await run(port, "explain", "rollout", "shop/checkout")
    assert result.exit_code == 0
    headings = ["shop/checkout: observed", "Listens now", "Decided", "Sent"]
    places = [result.stdout.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "phase == 'Healthy'" in result.stdout
    assert "renew it in the Secret" in result.stdout


def _interruptible() -> None:
    """Where the tests run in the background, SIGINT is ignored and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def test_watch_prints_what_changes_until_interrupted(port: Admin) -> None:
    """A new state is a new line; Ctrl-C is a good end."""
    await port.commit(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier", "deliveries", "list", "--watch", "-o", "json",
        "--server", port.url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        preexec_fn=_interruptible,
    )  # fmt: skip
    assert process.stdout is not None
    first = json.loads(await process.stdout.readline())
    await port.settle(State.DEAD, "recipient")
    second = json.loads(await process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, complaints = await process.communicate()
    assert [(row["id"], row["state"]) for row in (first, second)] == [
        ("dlv_1", "pending"),
        ("dlv_1", "dead"),
    ]
    assert (process.returncode, complaints) == (0, b"")


async def test_explain_names_an_annotation_that_never_sends(port: Admin) -> None:
    """A trigger that does not exist, with the one that was probably meant."""
    key = "notifications.argoproj.io/subscribe.on-rollout-abortd.slack"
    port.rollouts["shop", "checkout"] = {"metadata": {"annotations": {key: "#ops"}}}
    shown = (await run(port, "explain", "rollout", "shop/checkout")).stdout
    assert "no trigger on-rollout-abortd exists" in shown
    assert "did you mean on-rollout-aborted?" in shown


async def test_explain_says_each_thing_once(port: Admin) -> None:
    """What nobody listens to is one line, with how to listen."""
    await port.commit(1)
    for number in (2, 3):
        no = ledger.verdict(number, Decision.NO_SUBSCRIPTION, detail="")
        await port.store.commit([Intake(events=[ledger.event(number)], verdicts=[no])])
    shown = (await run(port, "explain", "rollout", "shop/checkout")).stdout
    assert "nobody listens to: on-rollout-aborted (2)" in shown
    assert shown.count("annotate the Rollout: ") == 1
    assert "no_subscription" not in shown


async def test_explain_delivery_goes_back_to_the_event(port: Admin) -> None:
    """Event, subscription, template, attempts."""
    await port.commit(1)
    await port.settle(State.DELIVERED)
    result = await run(port, "explain", "delivery", "dlv_1")
    assert result.exit_code == 0
    for part in ("key key-1", "subscribe.on-rollout-aborted.slack", "template rollout-aborted"):
        assert part in result.stdout
    assert "  1.  " in result.stdout


async def test_an_unknown_delivery_is_one(port: Admin) -> None:
    """The answer is no."""
    result = await run(port, "deliveries", "show", "dlv_9")
    assert (result.exit_code, "no delivery dlv_9" in result.stderr) == (1, True)


def test_an_unreachable_daemon_is_three_with_the_next_step() -> None:
    """Nothing listens there: how to reach it is said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = CliRunner().invoke(main, ["explain", "rollout", "a/b", "--server", url])
    assert (result.exit_code, result.stdout) == (3, "")
    assert "port-forward" in result.stderr
    assert url in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "rollout", "checkout"],
        ["deliveries", "list", "--since", "soon"],
        ["deliveries", "list", "--server", "file:///etc/passwd"],
    ],
)
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    """A name without namespace, a time that is none, an address that is none."""
    assert CliRunner().invoke(main, arguments).exit_code == 2


async def test_what_a_tenant_wrote_does_not_drive_the_terminal(port: Admin) -> None:
    """Escape sequences, bells and line breaks in a recipient are shown, not obeyed."""
    to = replace(ledger.SLACK, recipient="a\x1b[2J\x07\r\nb\u202e")
    await port.commit(1, destination=to)
    for line in (("list",), ("show", "dlv_1")):
        shown = (await run(port, "deliveries", *line)).stdout
        assert r"a\x1b[2J\x07\r\nb\u202e" in shown
        assert not set(shown) & set("\x1b\x07\r\u202e")
    explained = await run(port, "explain", "delivery", "dlv_1")
    assert r"a\x1b[2J" in explained.stdout
