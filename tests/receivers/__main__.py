"""Run a receiver as a process: `python -m tests.receivers --port 0 --ledger FILE`.

Prints one line with its address once it listens, then serves until it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys

from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.ledger import Ledger
from tests.receivers.relay import MailRelay
from tests.receivers.slack_api import SlackReceiver
from tests.receivers.webhooks import WebhookReceiver


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("webhook", "slack", "email"), default="webhook")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--no-sync", action="store_true", help="do not sync the ledger")
    parser.add_argument("--status", type=int, default=200)
    parser.add_argument("--act", default="answer")
    parser.add_argument("--stall", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--rate", type=float, default=None, help="messages a second at most")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


async def serve(arguments: argparse.Namespace) -> None:
    """Run the chosen receiver."""
    ledger = Ledger(arguments.ledger, sync=not arguments.no_sync)
    act = "stall" if arguments.stall else arguments.act
    step = Behaviour(status=arguments.status, act=act, stall_s=arguments.stall)
    receiver: WebhookReceiver | SlackReceiver | MailRelay
    match arguments.kind:
        case "slack":
            receiver = SlackReceiver(ledger, port=arguments.port, rate=arguments.rate)
        case "email":
            receiver = MailRelay(ledger, port=arguments.port)
        case _:
            receiver = WebhookReceiver(
                ledger, Script(step), port=arguments.port, rate=arguments.rate
            )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with receiver:
        where = receiver.url if not isinstance(receiver, MailRelay) else str(receiver.port)
        sys.stdout.write(where + "\n")
        sys.stdout.flush()
        await stopped.wait()
    ledger.close()


if __name__ == "__main__":
    main()
