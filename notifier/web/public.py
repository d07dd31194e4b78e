"""The public port: `/healthz`, `/readyz`, `/metrics` (spec/operations.md 2 and 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether traffic (here: trust) may go to this replica, and why not.

    `reason` is one of `syncing n/m`, `store`, `watch`, `draining`; empty when ready. `degraded`
    names what does not work although the replica is ready; `detail` is shown with `?verbose`.
    """

    ready: bool
    reason: str = ""
    role: str = "leader"
    degraded: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicView:
    """What the public port shows. `metrics` renders the exposition; it may block 25 ms."""

    alive: Callable[[], bool]
    readiness: Callable[[], Readiness]
    metrics: Callable[[], bytes]


def application(view: PublicView) -> web.Application:
    """Return the application of the public port."""

    async def healthz(_: web.Request) -> web.Response:
        if view.alive():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="stuck: the event loop or a task does not answer\n")

    async def readyz(request: web.Request) -> web.Response:
        readiness = view.readiness()
        status = 200 if readiness.ready else 503
        if "verbose" in request.query:
            return web.Response(
                status=status,
                body=orjson.dumps(_verbose(readiness)),
                content_type="application/json",
            )
        text = "ready" if readiness.ready else f"not ready: {readiness.reason}"
        return web.Response(status=status, text=text + "\n")

    async def metrics(_: web.Request) -> web.Response:
        body = await asyncio.to_thread(view.metrics)
        return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})

    app = web.Application(client_max_size=1024)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


def _verbose(readiness: Readiness) -> Mapping[str, Any]:
    return {
        "ready": readiness.ready,
        "reason": readiness.reason,
        "role": readiness.role,
        "degraded": list(readiness.degraded),
        **readiness.detail,
    }
