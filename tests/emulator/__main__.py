"""The emulator as a process of its own: `python -m tests.emulator --port 8001 --fill 10000`.

Prints one JSON line with its address once it listens. Objects are written through the API, or by
`--play`, `--fill` and `--updates`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.emulator import filling
from tests.emulator.server import Emulator


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 picks one")
    parser.add_argument("--token", default="", help="bearer token to ask for")
    parser.add_argument("--kubeconfig", type=Path, help="where to write a kubeconfig")
    parser.add_argument("--bookmark", type=float, default=60.0, help="seconds between bookmarks")
    parser.add_argument("--play", type=Path, action="append", default=[], help="recorded stream")
    parser.add_argument("--speed", type=float, help="1 plays in real time; default: at once")
    parser.add_argument("--fill", type=int, default=0, help="Rollouts to create")
    parser.add_argument("--namespaces", type=int, default=1, help="namespaces they are spread over")
    parser.add_argument("--size", type=int, default=13_000, help="bytes of each")
    parser.add_argument("--updates", type=float, default=0.0, help="updates a second to them")
    parser.add_argument("--telling", type=int, default=0, help="each N-th is a new revision")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    """Serve until told to stop."""
    emulator = Emulator(port=arguments.port, token=arguments.token, bookmark_s=arguments.bookmark)
    rollouts = filling.rollouts(arguments.fill, arguments.namespaces, arguments.size)
    filling.fill(emulator.storage, rollouts)
    await emulator.start()
    if arguments.kubeconfig:
        emulator.write_kubeconfig(arguments.kubeconfig)
    sys.stdout.write(json.dumps({"url": emulator.url, "port": emulator.port}) + "\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    working = [
        asyncio.create_task(emulator.play(path, speed=arguments.speed)) for path in arguments.play
    ]
    if arguments.updates:
        updating = filling.update(emulator, rollouts, arguments.updates, telling=arguments.telling)
        working.append(asyncio.create_task(updating))
    await stopped.wait()
    for task in working:
        task.cancel()
    await emulator.stop()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
