"""A server that answers one LIST and then streams unchanged versions as fast as they are read.

Everything it sends is prepared before, so it costs next to nothing on the machine that measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from tests.benchmarks.objects import rollouts

COUNT = 100
CHUNK = 16


def prepared(objects: list[bytes]) -> list[bytes]:
    """Return chunks of watch lines: every object in turn, each time with another version."""
    lines = [
        b'{"type":"MODIFIED","object":%s}\n' % one.replace(b'"1%03d"' % (i % 1000), b'"%d"' % rv, 1)
        for version in range(2)
        for i, one in enumerate(objects)
        for rv in [5000 + version * len(objects) + i]
    ]
    return [b"".join(lines[at : at + CHUNK]) for at in range(0, len(lines), CHUNK)]


def application() -> web.Application:
    """Return the server."""
    objects = [
        json.dumps(one, separators=(",", ":")).encode() for one in rollouts(COUNT, namespaces=10)
    ]
    listed = (
        b'{"apiVersion":"argoproj.io/v1alpha1","kind":"RolloutList",'
        b'"metadata":{"resourceVersion":"4000"},"items":[%s]}' % b",".join(objects)
    )
    chunks = prepared(objects)

    async def serve(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.Response(body=listed, content_type="application/json")
        if "sendInitialEvents" in request.query:
            return web.Response(status=422)  # as a server that does not stream lists
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the reader has seen enough
            while True:
                for chunk in chunks:
                    await response.write(chunk)
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    return app


async def run(kubeconfig: Path) -> None:
    """Serve until the process is ended."""
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    cluster = {"name": "flood", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "flood", "context": {"cluster": "flood", "user": "flood"}}
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "flood",
        "clusters": [cluster],
        "contexts": [context],
        "users": [{"name": "flood", "user": {"token": "benchmark"}}],
    }
    kubeconfig.write_text(json.dumps(configuration))
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kubeconfig", type=Path, required=True)
    asyncio.run(run(parser.parse_args().kubeconfig))
