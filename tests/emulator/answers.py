"""Requests as they are logged, and answers as the API server forms them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from tests.emulator.resources import Resource
from tests.emulator.selectors import Matcher, matcher
from tests.emulator.storage import ApiError, Stored

_MICRO_TIME = ("acquireTime", "renewTime")


@dataclass(slots=True)
class Request:
    """One entry of the request log; `status` is 0 until answered. `at` is monotonic seconds."""

    verb: str
    resource: str
    namespace: str
    name: str
    query: dict[str, str]
    authorization: str
    at: float
    status: int = 0


def selected(entry: Request) -> Matcher | None:
    """Return what the request selects. Raises `ApiError` 400."""
    try:
        return matcher(entry.query.get("labelSelector", ""), entry.query.get("fieldSelector", ""))
    except ValueError as err:
        raise ApiError(400, "BadRequest", str(err)) from err


def check_lease(resource: Resource, given: dict[str, Any]) -> None:
    """Refuse times of a Lease without six fraction digits, as the API server does."""
    if resource.kind != "Lease":
        return
    for name in _MICRO_TIME:
        value = given.get("spec", {}).get(name)
        if value is not None and len(value.partition(".")[2]) != len("000000Z"):
            raise ApiError(400, "BadRequest", f"spec.{name}: cannot parse {value!r} as MicroTime")


def bare(raw: bytes) -> bytes:
    """Return an object of a built-in kind as lists show it: without its kind."""
    given = orjson.loads(raw)
    return orjson.dumps({k: v for k, v in given.items() if k not in {"kind", "apiVersion"}})


def added(stored: Stored) -> bytes:
    """Return the synthetic event that a watch without a version begins with."""
    return b'{"type":"ADDED","object":%s}\n' % stored.raw


def check_streaming(entry: Request, *, enabled: bool) -> None:
    """Refuse a streaming list as a server without the feature does, and one that is asked for
    wrongly. Raises `ApiError` 422."""
    if not enabled:
        why = (
            "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
        )
        raise ApiError(422, "Invalid", f"sendInitialEvents: Forbidden: {why}")
    if entry.query.get("resourceVersionMatch") != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise ApiError(422, "Invalid", f"resourceVersionMatch: Forbidden: {why}")


def end_of_list(resource: Resource, version: str) -> bytes:
    """Return the bookmark that ends the objects of a streaming list."""
    mark = {
        "kind": resource.kind,
        "apiVersion": resource.group,
        "metadata": {
            "resourceVersion": version,
            "creationTimestamp": None,
            "annotations": {"k8s.io/initial-events-end": "true"},
        },
    }
    return b'{"type":"BOOKMARK","object":%s}\n' % orjson.dumps(mark)


def body(body: bytes, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(status=status, body=body, content_type="application/json")


def refuse(err: ApiError) -> web.Response:
    """Return a refused request; unknown paths are plain text, as on a real server."""
    if not err.status["reason"]:
        return web.Response(status=err.code, text=str(err))
    return body(orjson.dumps(err.status), err.code)


async def probe(_: web.Request) -> web.Response:
    """Answer a probe."""
    return web.Response(text="ok")


async def server_version(_: web.Request) -> web.Response:
    """Say which server this imitates."""
    return web.json_response({"major": "1", "minor": "34", "gitVersion": "v1.34.2"})
