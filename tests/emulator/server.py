"""The HTTP side: paths, authentication, rights, answers, the request log."""

from __future__ import annotations

import json
import ssl
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson
from aiohttp import web

from tests.emulator import answers, faults, playing, watches
from tests.emulator.answers import Request
from tests.emulator.faults import Answer, Fault, Freeze, Inject, Reset
from tests.emulator.resources import RESOURCES, Resource
from tests.emulator.storage import ApiError, Storage

_ROOTS = "{root:(?:api/v1|apis/[^/]+/[^/]+)}"


@dataclass(slots=True)
class _Scripted:
    """A fault that waits for its requests; `times` None is for ever."""

    verb: str
    resource: str
    fault: Fault
    times: int | None


class Emulator:
    """An API server on loopback; an async context manager.

    `bookmark_s` is how often watches get a bookmark (None: only by `bookmark()`), `token` the
    bearer token asked for (empty: none), `expired_as_status` answers too old watches with HTTP 410
    instead of an ERROR event, `streams_lists` says whether the WatchList feature is on. A streaming
    list is logged and scripted as a verb of its own, `watchlist`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = "",
        bookmark_s: float | None = None,
        expired_as_status: bool = False,
        streams_lists: bool = False,
        tls: ssl.SSLContext | None = None,
        ca_file: str = "",
        revision: int = 1000,
    ) -> None:
        self.storage = Storage(revision=revision)
        self.port = port
        self.token = token
        self.bookmark_s = bookmark_s
        self.expired_as_status = expired_as_status
        self.streams_lists = streams_lists
        self.requests: list[Request] = []
        self.hub = watches.Hub()
        self._tls = tls
        self._ca_file = ca_file
        self._scripted: list[_Scripted] = []
        self._forbidden: set[tuple[str, str, str]] = set()
        self._missing: set[str] = set()
        self._names: dict[str, set[str]] = {}
        self._runner: web.AppRunner | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._site: web.TCPSite | None = None

    # --- life ---------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="emulator-")
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        assert self._directory is not None
        self._directory.cleanup()

    async def start(self) -> None:
        """Listen; again after `stop`, on the same port."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_get("/{probe:readyz|livez|healthz}", answers.probe)
        app.router.add_get("/version", answers.server_version)
        for collection in ("/{namespace_}/{namespace}/{resource}", "/{resource}"):
            path = f"/{_ROOTS}{collection}".replace("{namespace_}", "namespaces")
            app.router.add_route("*", path, self._handle)
            app.router.add_route("*", path + "/{name}", self._handle)
            app.router.add_route("*", path + "/{name}/{subresource:status}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and drop every connection; the objects stay."""
        self.hub.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig file for it, written when asked."""
        assert self._directory is not None, "only inside `async with`"
        return self.write_kubeconfig(Path(self._directory.name) / "kubeconfig")

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig (JSON is YAML)."""
        cluster: dict[str, Any] = {"server": self.url}
        if self._ca_file:
            cluster["certificate-authority"] = self._ca_file
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "emulator",
            "clusters": [{"name": "emulator", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": self.token} if self.token else {}}],
            "contexts": [{"name": "emulator", "context": {"cluster": "emulator", "user": "user"}}],
        }
        path.write_text(json.dumps(content))
        return path

    # --- what tests do ------------------------------------------------------------------------

    def apply(self, given: dict[str, Any], **options: Any) -> int:
        """Write an object as it is; return its version."""
        version = self.storage.apply(given, **options)
        self.hub.wake()
        return version

    def delete(self, resource: str, namespace: str, name: str) -> None:
        """Delete an object."""
        self.storage.delete(resource, namespace, name)
        self.hub.wake()

    async def play(self, path: Path, *, speed: float | None = None) -> dict[str, int]:
        """Write a recorded stream; return the new version of each recorded one."""
        lines = playing.read_stream(path)
        return await playing.play(self.storage, lines, speed=speed, wake=self.hub.wake)

    def script(self, verb: str, *found: Fault, resource: str = "", times: int | None = 1) -> None:
        """Queue faults for requests of a verb (`get`, `list`, `watch`, …, `*`), first come."""
        self._scripted += [_Scripted(verb, resource, fault, times) for fault in found]

    def clear_script(self) -> None:
        """Forget the faults that wait."""
        self._scripted.clear()

    def forbid(self, resource: str, namespace: str = "*", verb: str = "*") -> None:
        """Answer 403."""
        self._forbidden.add((resource, namespace, verb))

    def allow(self, resource: str, namespace: str = "*", verb: str = "*") -> None:
        """Take `forbid` back."""
        self._forbidden.discard((resource, namespace, verb))

    def restrict(self, resource: str, *names: str) -> None:
        """Allow only these names, as RBAC `resourceNames` does."""
        self._names[resource] = set(names)

    def remove_resource(self, resource: str) -> None:
        """Answer 404, as without its CRD."""
        self._missing.add(resource)

    def add_resource(self, resource: str) -> None:
        """Take `remove_resource` back."""
        self._missing.discard(resource)

    def bookmark(self) -> None:
        """Send a bookmark to each watch that asked for them."""
        self.hub.bookmark()

    def end_watches(self) -> None:
        """End open watches as a timeout does."""
        self.hub.end()

    def cut_watches(self) -> None:
        """Drop the connections of open watches, as a killed server does."""
        self.hub.cut()

    def compact(self) -> None:
        """Make everything before now too old, and end open watches."""
        self.storage.compact()
        self.hub.end()

    def rewind(self, by: int) -> None:
        """Set the version counter back and end open watches."""
        self.storage.rewind(by)
        self.hub.end()

    def asked(self, verb: str, resource: str = "") -> list[Request]:
        """Return the logged requests of a verb."""
        return [
            entry
            for entry in self.requests
            if entry.verb == verb and resource in {"", entry.resource}
        ]

    # --- requests -----------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        entry = self._log(request)
        try:
            resource = self._admit(request, entry)
            fault = self._take(entry)
            if isinstance(fault, Answer):
                entry.status = fault.status
                return web.Response(
                    status=fault.status,
                    body=fault.body,
                    headers={"Content-Type": fault.content_type, **fault.headers},
                )
            if isinstance(fault, Reset) or fault == Freeze():
                return await self._say_nothing(request, fault)
            if entry.verb in {"watch", "watchlist"}:
                return await self._watch(request, entry, resource, fault)
            made = await self._answer(request, entry, resource)
        except ApiError as err:
            entry.status = err.code
            return answers.refuse(err)
        entry.status = made.status
        if fault is not None:
            stream = await watches.prepared(request)
            await watches.write(request, stream, bytes(made.body or b""), fault)  # type: ignore[arg-type]
            return stream
        return made

    def _log(self, request: web.Request) -> Request:
        """Add to the request log."""
        query = dict(request.query)
        name = request.match_info.get("name", "")
        if request.method == "GET":
            watched = query.get("watch") in {"true", "1"}
            streams = watched and query.get("sendInitialEvents") == "true"
            verb = "watchlist" if streams else "watch" if watched else "get" if name else "list"
        else:
            names = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
            verb = names.get(request.method, request.method.lower())
        info = request.match_info
        namespace, resource = info.get("namespace", ""), info.get("resource", "")
        authorization = request.headers.get("Authorization", "")
        entry = Request(
            verb, resource, namespace, name, query, authorization, time.monotonic()
        )  # fmt: skip
        self.requests.append(entry)
        return entry

    def _admit(self, request: web.Request, entry: Request) -> Resource:
        """Authenticate and authorise. Raises `ApiError`."""
        if self.token and entry.authorization != f"Bearer {self.token}":
            raise ApiError(401, "Unauthorized", "Unauthorized")
        resource = RESOURCES.get(entry.resource)
        root = request.match_info["root"].partition("/")[2]
        if resource is None or resource.plural in self._missing or resource.group != root:
            raise ApiError(404, "", "404 page not found")
        right = "watch" if entry.verb == "watchlist" else entry.verb
        asked = {
            (entry.resource, namespace, verb)
            for namespace in ("*", entry.namespace)
            for verb in ("*", right)
        }
        allowed = self._names.get(entry.resource)
        if allowed is not None and right in {"get", "list", "watch", "update"}:
            wanted = entry.query.get("fieldSelector", "").partition("metadata.name=")[2]
            refused = not entry.namespace or (entry.name or wanted) not in allowed
        else:
            refused = False
        if refused or asked & self._forbidden:
            raise ApiError(
                403,
                "Forbidden",
                f'{entry.resource} is forbidden: User "user" cannot {right} resource '
                f'"{entry.resource}" in the namespace "{entry.namespace}"',
            )
        return resource

    def _take(self, entry: Request) -> Fault | None:
        """Return the fault that waits for this request."""
        for scripted in self._scripted:
            if scripted.verb in {"*", entry.verb} and scripted.resource in {"", entry.resource}:
                if scripted.times is not None:
                    scripted.times -= 1
                    if not scripted.times:
                        self._scripted.remove(scripted)
                return scripted.fault
        return None

    async def _say_nothing(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Drop the connection, or keep it without a word."""
        if isinstance(fault, Freeze):
            await self.hub.frozen(request)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _watch(
        self, request: web.Request, entry: Request, resource: Resource, fault: Fault | None
    ) -> web.StreamResponse:
        """Stream changes."""
        matches = answers.selected(entry)
        version = entry.query.get("resourceVersion", "")
        opening, position = b"", 0
        streams = entry.verb == "watchlist"
        if streams:
            answers.check_streaming(entry, enabled=self.streams_lists)
            self.storage.check_version(version, exact=False)
        if streams or version in {"", "0"}:
            found = self.storage.select(resource.plural, entry.namespace, matches)
            opening = b"".join(answers.added(stored) for stored in found)
            position = len(self.storage.history[resource.plural])
            version = str(self.storage.revision)
            if streams:
                opening += answers.end_of_list(resource, version)
        else:
            try:
                position = self.storage.position(resource.plural, int(version))
            except ApiError as err:
                if self.expired_as_status:
                    raise
                fault = Inject(faults.event("ERROR", err.status))
        entry.status = 200
        watch = watches.Watch(
            self.storage, self.hub, resource, entry.namespace, matches, int(version), position
        )
        with suppress(ConnectionError):
            await watch.serve(request, opening, fault, self.bookmark_s)
        return watch.stream

    async def _answer(
        self, request: web.Request, entry: Request, resource: Resource
    ) -> web.Response:
        """Do what the verb says. Raises `ApiError`."""
        space, name = entry.namespace, entry.name
        status = request.match_info.get("subresource") == "status"
        if entry.verb == "list":
            return self._list(entry, resource)
        if entry.verb == "get":
            return answers.body(self.storage.get(resource.plural, space, name).raw)
        if entry.verb == "delete":
            self.delete(resource.plural, space, name)
            return answers.body(orjson.dumps({"kind": "Status", "status": "Success"}))
        try:
            given = orjson.loads(await request.read())
        except orjson.JSONDecodeError as err:
            raise ApiError(400, "BadRequest", f"not JSON: {err}") from err
        answers.check_lease(resource, given)
        if entry.verb == "create":
            made = self.storage.create(resource, space, given)
        elif entry.verb == "update":
            made = self.storage.replace(resource, space, name, given, status=status)
        elif request.content_type == "application/merge-patch+json":
            made = self.storage.patch(resource, space, name, given, status=status)
        else:
            raise ApiError(415, "UnsupportedMediaType", "only application/merge-patch+json")
        self.hub.wake()
        return answers.body(made.raw, 201 if entry.verb == "create" else 200)

    def _list(self, entry: Request, resource: Resource) -> web.Response:
        """Return a page."""
        query = entry.query
        page = self.storage.list(
            resource.plural,
            entry.namespace,
            answers.selected(entry),
            version=query.get("resourceVersion", ""),
            match=query.get("resourceVersionMatch", ""),
            limit=int(query.get("limit", "0")),
            token=query.get("continue", ""),
        )
        metadata: dict[str, Any] = {"resourceVersion": str(page.version)}
        if page.token:
            metadata |= {"continue": page.token, "remainingItemCount": page.remaining}
        items = page.items if resource.custom else [answers.bare(item) for item in page.items]
        head = {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.group,
            "metadata": metadata,
        }
        return answers.body(orjson.dumps(head)[:-1] + b',"items":[' + b",".join(items) + b"]}")
