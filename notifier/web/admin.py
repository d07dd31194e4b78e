"""The admin API: the ledger, explanations and the two commands, on loopback only.

Whoever reaches the port may use it (port-forward or exec rights); what is checked is that no web
page does it for them: `Host` and `Origin` on every request, a custom header on every change
(spec/security.md 4.6).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, StoreError
from notifier.core.model import Delivery, JsonObject, State
from notifier.ports import Clock, DeliveryQuery, Store
from notifier.web import explanation, shapes

COMMAND_HEADER: Final = "X-Notifier-Command"
"""Required on every POST: a page of another origin cannot send it without asking first."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WAITING: Final = frozenset({State.PENDING, State.RETRY, State.AMBIGUOUS, State.PARKED})
_MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminView:
    """What the admin API shows and acts on.

    `configurations` are those of a namespace, of all for "". `rollout` GETs one Rollout, None if it
    is gone. `destinations` is the state of every destination. `wake` tells the dispatcher that
    something is due. `hide` removes secrets.
    """

    store: Store
    clock: Clock
    configurations: Callable[[str], Sequence[Configuration]]
    rollout: Callable[[str, str], Awaitable[JsonObject | None]]
    destinations: Callable[[], Awaitable[Sequence[JsonObject]]]
    wake: Callable[[], None]
    hide: shapes.Hide


def application(view: AdminView) -> web.Application:
    """Return the application of the admin port."""
    api = _Api(view)
    app = web.Application(middlewares=[_guard, _failures], client_max_size=64 * 1024)
    app.router.add_get("/api/v1/deliveries", api.deliveries)
    app.router.add_get("/api/v1/deliveries/{id}", api.delivery)
    app.router.add_post("/api/v1/deliveries/{id}/redeliver", api.redeliver)
    app.router.add_post("/api/v1/deliveries/{id}/drop", api.drop)
    app.router.add_get("/api/v1/rollouts/{namespace}/{name}/explanation", api.explanation)
    app.router.add_get("/api/v1/destinations", api.destinations)
    app.router.add_get("/api/v1/config", api.config)
    app.router.add_get("/api/v1/transitions", api.transitions)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a browser was talked into."""
    if not _is_loopback(f"//{request.headers.get('Host', '')}"):
        return _refusal(403, "the Host header names another host: use 127.0.0.1 or localhost")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_loopback(origin):
        return _refusal(403, "requests of other origins are refused")
    if request.method != "GET" and not request.headers.get(COMMAND_HEADER):
        return _refusal(403, f"a change needs the header {COMMAND_HEADER}")
    return await handler(request)


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


@web.middleware
async def _failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure as JSON."""
    try:
        return await handler(request)
    except (StoreError, ClusterError) as err:
        return _refusal(503, str(err))
    except web.HTTPException as err:
        return _refusal(err.status, err.text or err.reason)


def _answer(body: JsonObject, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


def _refusal(status: int, message: str) -> web.Response:
    return _answer({"apiVersion": shapes.API_VERSION, "error": message}, status)


def _list(items: Sequence[JsonObject], **more: object) -> web.Response:
    return _answer({"apiVersion": shapes.API_VERSION, "items": list(items), **more})


class _Api:
    """The handlers."""

    def __init__(self, view: AdminView) -> None:
        self._view = view

    async def deliveries(self, request: web.Request) -> web.Response:
        """List deliveries, newest first; `next` continues the list, null at its end."""
        query = _query(request)
        rows = await self._view.store.deliveries(query)
        last = rows[-1] if len(rows) == query.limit else None
        following = f"{last.created_at!r}~{last.id}" if last else None
        return _list([shapes.delivery(row) for row in rows], next=following)

    async def delivery(self, request: web.Request) -> web.Response:
        """Show one delivery."""
        found = await self._view.store.delivery(request.match_info["id"])
        if found is None:
            return _unknown(request)
        body = shapes.delivery_detail(*found, self._view.hide)
        events = await self._view.store.events(
            namespace=found[0].rollout.namespace, name=found[0].rollout.name, limit=_MOST
        )
        body["eventDetail"] = next(
            (shapes.event(*event) for event in events if event[0].id == found[0].event_id), None
        )
        return _answer(body)

    async def redeliver(self, request: web.Request) -> web.Response:
        """Put an ended delivery back, same id. Past its maximum age only with `force=true`."""
        row = await self._find(request)
        if row is None:
            return _unknown(request)
        if row.ended_at is None:
            return _refusal(409, f"{row.id} has not ended: it is {row.state}")
        now = self._view.clock.now()
        expires_at = row.expires_at
        if expires_at <= now:
            if request.query.get("force") != "true":
                return _refusal(
                    409,
                    f"{row.id} is past its maximum age ({shapes.moment(expires_at)}):"
                    " the message may no longer be true; --force sends it all the same",
                )
            expires_at = now + (row.expires_at - row.created_at)
        done = await self._view.store.redeliver([row.id], now=now, expires_at=expires_at)
        self._view.wake()
        return _changed(row, bool(done), State.PENDING)

    async def drop(self, request: web.Request) -> web.Response:
        """End a waiting delivery."""
        row = await self._find(request)
        if row is None:
            return _unknown(request)
        if row.state not in _WAITING:
            return _refusal(409, f"{row.id} is not waiting: it is {row.state}")
        done = await self._view.store.end(
            [row.id], State.DROPPED, "operator", now=self._view.clock.now()
        )
        return _changed(row, bool(done), State.DROPPED)

    async def explanation(self, request: web.Request) -> web.Response:
        """Explain one rollout."""
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        limit = _limit(request, 20)
        store = self._view.store
        ledger = explanation.Ledger(
            events=await store.events(namespace=namespace, name=name, limit=limit),
            deliveries=await store.deliveries(
                DeliveryQuery(rollout=f"{namespace}/{name}", limit=limit * 5)
            ),
        )
        rollout = await self._view.rollout(namespace, name)
        return _answer(
            explanation.explain(
                namespace, name, ledger, rollout, self._view.configurations(namespace)
            )
        )

    async def destinations(self, _: web.Request) -> web.Response:
        """List the destinations and their state."""
        return _list(await self._view.destinations())

    async def config(self, _: web.Request) -> web.Response:
        """List the scopes, what they define, and their faults."""
        return _list([_scope(one) for one in self._view.configurations("")])

    async def transitions(self, request: web.Request) -> web.Response:
        """List recent transitions, newest first."""
        events = await self._view.store.events(
            namespace=request.query.get("namespace", ""),
            name=request.query.get("name", ""),
            limit=_limit(request, 100),
        )
        return _list([shapes.event(*event) for event in events])

    async def _find(self, request: web.Request) -> Delivery | None:
        found = await self._view.store.delivery(request.match_info["id"])
        return found[0] if found else None


def _scope(configuration: Configuration) -> JsonObject:
    return {
        "scope": configuration.scope,
        "services": sorted(configuration.services),
        "brokenServices": dict(configuration.broken_services),
        "triggers": sorted(configuration.triggers),
        "templates": sorted(configuration.templates),
        "subscriptions": len(configuration.subscriptions),
        "problems": [shapes.problem(one) for one in configuration.problems],
    }


def _unknown(request: web.Request) -> web.Response:
    return _refusal(404, f"no delivery {request.match_info['id']}: it may be past its retention")


def _changed(row: Delivery, done: bool, state: State) -> web.Response:
    if not done:
        return _refusal(409, f"{row.id} changed meanwhile: look at it again")
    return _answer({"apiVersion": shapes.API_VERSION, "id": row.id, "state": str(state)})


def _query(request: web.Request) -> DeliveryQuery:
    given = request.query
    try:
        states = frozenset(State(state) for state in given.getall("state", []))
        since = float(given.get("since", "0"))
        created_at, _, row = given.get("before", "").partition("~")
        before = (float(created_at), row) if row else None
    except ValueError as err:
        raise web.HTTPBadRequest(text=str(err)) from err
    return DeliveryQuery(
        rollout=given.get("rollout", ""),
        service=given.get("service", ""),
        recipient=given.get("recipient", ""),
        trigger=given.get("trigger", ""),
        states=states,
        since=since,
        before=before,
        limit=_limit(request, 100),
    )


def _limit(request: web.Request, default: int) -> int:
    text = request.query.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise web.HTTPBadRequest(text=f"limit: a number from 1 to {_MOST}")
    return int(text)
