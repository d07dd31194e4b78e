"""`run` as a process of its own: against an API server, asked over HTTP, ended by a signal."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from click.testing import CliRunner

from notifier.cli import main
from tests.emulator import Emulator

CANARY = "s3cr3t-canary-77/+"
RECORDING = Path(__file__).parents[1] / "recordings" / "canary-manual-promote" / "stream.jsonl.gz"


@dataclass
class Receiver:
    """A webhook that keeps what it gets; fails as long as it is told to."""

    failing: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def got(self, number: int) -> None:
        """Wait until so many requests arrived."""
        while len(self.headers) < number:
            self.arrived.clear()
            await self.arrived.wait()

    async def answer(self, request: web.Request) -> web.Response:
        """Keep and answer."""
        self.headers.append(request.headers.get("Authorization", ""))
        self.arrived.set()
        if self.failing:
            return web.Response(status=400, text=f"echo {request.headers['Authorization']}")
        self.bodies.append(await request.json())
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook on loopback."""
    here = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", here.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}/path-{CANARY[:5]}"
    yield here
    await runner.cleanup()


def everything(folder: Path) -> bytes:
    """Return the bytes of every file of a folder."""
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


def configure(emulator: Emulator, receiver: Receiver) -> None:
    """Apply ConfigMap and Secret."""
    metadata = {"namespace": "argo-rollouts"}
    data = {
        "service.webhook.audit": f"url: {receiver.url}\n"
        "headers: [{name: Authorization, value: 'Bearer $token'}]\n",
        "subscriptions": "- recipients: ['audit:']\n  triggers: [on-rollout-completed]\n",
    }
    emulator.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata | {"name": "argo-rollouts-notification-cm"},
            "data": data,
        }
    )
    emulator.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata | {"name": "argo-rollouts-notification-secret"},
            "data": {"token": base64.b64encode(CANARY.encode()).decode()},
        }
    )


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look at a process from outside until something holds; the test's timeout ends it."""
    for _ in itertools.count():
        if await holds():
            return
        await asyncio.sleep(0.05)


async def asked(*arguments: str) -> str:
    """Return what a command prints."""
    return (await asyncio.to_thread(CliRunner().invoke, main, list(arguments))).stdout


@dataclass
class Running:
    """A daemon's process: its log so far, and its ports."""

    process: asyncio.subprocess.Process
    log: list[dict[str, Any]] = field(default_factory=list)
    public: str = ""
    admin: str = ""

    async def read(self) -> None:
        """Collect the log until the process ends."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            entry = json.loads(line)
            self.log.append(entry)
            if entry["event"] == "listening":
                self.public = f"http://127.0.0.1:{entry['public_port']}"
                self.admin = f"http://127.0.0.1:{entry['admin_port']}"

    async def get(self, path: str) -> tuple[int, str]:
        """GET from the public port."""
        async with aiohttp.ClientSession() as session, session.get(self.public + path) as answer:
            return answer.status, await answer.text()

    async def until_ready(self) -> None:
        """Wait until the daemon is ready."""

        async def ready() -> bool:
            return bool(self.public) and (await self.get("/readyz"))[0] == 200

        await until(ready)


@asynccontextmanager
async def running(
    emulator: Emulator, folder: Path, *arguments: str, within: Sequence[str] = ()
) -> AsyncIterator[Running]:
    """Start `notifier run` on free ports and a store of its own; `within` is a command that
    becomes it."""
    process = await asyncio.create_subprocess_exec(
        *within, sys.executable, "-m", "notifier", "run",
        "--kubeconfig", str(emulator.kubeconfig),
        "--log-format", "json",
        "--set", f"store.path={folder / 'notifier.db'}",
        "--set", "web.host=127.0.0.1", "--set", "web.port=0", "--set", "web.admin_port=0",
        "--set", "delivery.allow_addresses=127.0.0.1",
        *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    here = Running(process)
    reading = asyncio.create_task(here.read())
    try:
        yield here
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def test_a_transition_goes_from_the_api_server_to_the_receiver(
    tmp_path: Path, receiver: Receiver
) -> None:
    """Ready, delivered once, explained; SIGTERM ends it with 0; no secret in log or metrics."""
    async with Emulator() as emulator, running(emulator, tmp_path) as daemon:
        configure(emulator, receiver)
        await daemon.until_ready()
        await emulator.play(RECORDING, speed=8.0)
        await receiver.got(2)
        explained = await asked(
            "explain", "rollout", "canary-manual-promote/demo", "--server", daemon.admin
        )
        _, metrics = await daemon.get("/metrics")
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.process.wait(), 20) == 0
        assert daemon.process.stdout is not None
        assert await daemon.process.stdout.read() == b""
    assert [body["trigger"] for body in receiver.bodies] == ["on-rollout-completed"] * 2
    assert receiver.headers == [f"Bearer {CANARY}"] * 2
    assert explained.count("audit:  delivered") == 2
    assert 'notifier_deliveries_total{outcome="delivered"' in metrics
    written = json.dumps(daemon.log) + metrics + explained
    assert [form for form in (CANARY, receiver.url[-10:]) if form in written] == []


async def test_a_refusing_receiver_leaks_nothing(tmp_path: Path, receiver: Receiver) -> None:
    """The receiver echoes our credential: neither log nor ledger nor store keeps it."""
    receiver.failing = True
    async with Emulator() as emulator, running(emulator, tmp_path) as daemon:
        configure(emulator, receiver)
        await daemon.until_ready()
        await emulator.play(RECORDING, speed=8.0)
        await receiver.got(1)
        line = ("deliveries", "list", "--state", "dead", "-o", "json", "--server", daemon.admin)

        async def dead() -> bool:
            return bool(await asked(*line))

        await until(dead)
        listed = await asked(*line)
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.process.wait(), 20) == 0
    encoded = base64.b64encode(CANARY.encode()).decode()
    stored = await asyncio.to_thread(everything, tmp_path)
    written = json.dumps(daemon.log) + listed
    assert [form for form in (CANARY, encoded) if form in written or form.encode() in stored] == []


async def test_shadow_sends_nothing(tmp_path: Path, receiver: Receiver) -> None:
    """Everything but sending; rows end as `shadow`."""
    async with Emulator() as emulator, running(emulator, tmp_path, "--shadow") as daemon:
        configure(emulator, receiver)
        await daemon.until_ready()
        await emulator.play(RECORDING, speed=8.0)
        line = ("deliveries", "list", "--state", "shadow", "-o", "name", "--server", daemon.admin)

        async def recorded() -> bool:
            return len((await asked(*line)).split()) == 2

        await until(recorded)
    assert receiver.headers == []


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """While it waits for an API server that does not answer, too."""
    async with Emulator() as emulator, running(emulator, tmp_path) as daemon:
        await daemon.until_ready()
        daemon.process.send_signal(signal.SIGTERM)
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.process.wait(), 10) in {0, 128 + signal.SIGTERM}


NOBODY = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
"""Runs a command under a uid that has no entry in passwd."""


def may_be_nobody() -> bool:
    """Say whether this machine lets us run something under another uid."""
    try:
        return subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not may_be_nobody(), reason="user namespaces are not allowed here")
async def test_a_container_may_run_under_any_uid(tmp_path: Path) -> None:
    """Neither an entry in passwd nor a home nor any other variable is needed."""
    within = (*NOBODY, "env", "-i")
    async with Emulator() as emulator, running(emulator, tmp_path, within=within) as daemon:
        ready = asyncio.create_task(daemon.until_ready())
        ended = asyncio.create_task(daemon.process.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        assert ready.done()
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(ended, 20) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--set", "web.prot=1"], 2, "did you mean web.port?"),
        (["--set", "web.port"], 2, "no `=`"),
        (["--set", "templates.allow_functions=bycrypt"], 2, "these are: bcrypt, buildCustomCert"),
        (["--config", "/nowhere.yaml"], 2, "No such file"),
        (["--set", "store.path=/proc/none/x.db", "--set", "web.port=0"], 3, "/proc/none"),
    ],
)
def test_what_cannot_start_says_why(arguments: list[str], code: int, message: str) -> None:
    """One line that names the setting or the file; settings are 2, the store is 3."""
    line = [sys.executable, "-m", "notifier", "run", "--set", "web.admin_port=0", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_ends_by_itself() -> None:
    """Threads, a refusal and its retry are seen; nothing fails."""
    line = [sys.executable, "-m", "notifier", "demo", "--speed", "4"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=50)
    assert done.stderr == ""
    for part in ("503, refused", "second attempt, same id", "↳ ", "analysis failed", "kubeconfig"):
        assert part in done.stdout
