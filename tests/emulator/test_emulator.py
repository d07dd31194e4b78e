"""The emulator does what a v1.34 server was observed to do (spec/transitions.md 10)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.emulator import Emulator, read_stream
from tests.emulator.filling import rollout

ROLLOUTS = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
RECORDINGS = Path(__file__).parent.parent / "recordings"


class Caller:
    """Plain HTTP."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self._session = session

    async def __call__(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> tuple[int, Any]:
        """Return status and body."""
        form = "application/merge-patch+json" if method == "PATCH" else "application/json"
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": form}
        url = self.emulator.url + path
        async with self._session.request(
            method, url, data=data, params=query, headers=headers
        ) as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json"
            return answer.status, json.loads(text) if is_json and "\n" not in text else text

    async def watch(self, path: str, lines: int, **query: str) -> list[Any]:
        """Return the first lines of a watch."""
        found: list[Any] = []
        url = self.emulator.url + path
        async with (
            asyncio.timeout(10),
            self._session.get(url, params={"watch": "true", **query}) as answer,
        ):
            while len(found) < lines and (line := await answer.content.readline()):
                found.append(json.loads(line))
        return found


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    """An emulator and somebody who calls it."""
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        yield Caller(emulator, session)


async def test_writes_conflict_as_they_should(call: Caller) -> None:
    """Create twice 409, stale update 409, update without a version 422, delete 404 at last."""
    assert (await call("POST", ROLLOUTS, rollout("a")))[0] == 201
    assert (await call("POST", ROLLOUTS, rollout("a")))[0] == 409
    _, made = await call("GET", f"{ROLLOUTS}/a")
    assert made["metadata"]["generation"] == 1
    made["spec"]["replicas"] = 9
    status, changed = await call("PUT", f"{ROLLOUTS}/a", made)
    assert (status, changed["metadata"]["generation"]) == (200, 2)
    assert (await call("PUT", f"{ROLLOUTS}/a", made))[0] == 409
    del made["metadata"]["resourceVersion"]
    assert (await call("PUT", f"{ROLLOUTS}/a", made))[0] == 422
    assert (await call("DELETE", f"{ROLLOUTS}/a"))[0] == 200
    assert (await call("GET", f"{ROLLOUTS}/a"))[0] == 404


async def test_the_status_subresource_leaves_the_rest_alone(call: Caller) -> None:
    """A patch of the status bumps no generation; a patch of the spec does and keeps the status."""
    await call("POST", ROLLOUTS, rollout("a"))
    patch = {"status": {"phase": "Paused"}, "spec": {"replicas": 0}}
    _, patched = await call("PATCH", f"{ROLLOUTS}/a/status", patch)
    assert patched["status"]["phase"] == "Paused"
    assert (patched["spec"]["replicas"], patched["metadata"]["generation"]) == (3, 1)
    _, patched = await call("PATCH", f"{ROLLOUTS}/a", patch)
    assert (patched["spec"]["replicas"], patched["metadata"]["generation"]) == (0, 2)
    assert patched["status"]["phase"] == "Paused"


async def test_leases_want_versions_and_microseconds(call: Caller) -> None:
    """Stale PUT 409, PUT without a version 422, times without six digits 400."""
    lease = {"metadata": {"name": "l"}, "spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}}
    status, made = await call("POST", LEASES, lease)
    assert status == 201
    assert (await call("PUT", f"{LEASES}/l", lease))[0] == 422
    assert (await call("PUT", f"{LEASES}/l", made))[0] == 200
    assert (await call("PUT", f"{LEASES}/l", made))[0] == 409
    lease["spec"]["renewTime"] = "2026-01-01T00:00:00Z"
    assert (await call("PUT", f"{LEASES}/l", lease))[0] == 400


async def test_pages_show_one_snapshot_until_it_expires(call: Caller) -> None:
    """Objects made between pages do not show; after compaction the token is 410 with a new one."""
    for name in "abcde":
        call.emulator.apply(rollout(name))
    _, first = await call("GET", ROLLOUTS, limit="2")
    assert first["metadata"]["remainingItemCount"] == 3
    call.emulator.apply(rollout("aa"))
    token = first["metadata"]["continue"]
    _, second = await call("GET", ROLLOUTS, limit="2", **{"continue": token})
    assert [item["metadata"]["name"] for item in second["items"]] == ["c", "d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    call.emulator.compact()
    status, gone = await call("GET", ROLLOUTS, limit="2", **{"continue": token})
    assert (status, gone["reason"]) == (410, "Expired")
    assert gone["metadata"]["continue"]
    _, all_of_them = await call("GET", ROLLOUTS, limit="2", resourceVersion="0")
    assert len(all_of_them["items"]) == 6


async def test_versions_of_past_and_future(call: Caller) -> None:
    """Future LIST 504, past exact LIST 410, past WATCH an ERROR event, future WATCH silence."""
    call.emulator.apply(rollout("a"))
    status, body = await call("GET", ROLLOUTS, resourceVersion="99999")
    assert (status, body["details"]["causes"][0]["reason"]) == (504, "ResourceVersionTooLarge")
    call.emulator.compact()
    exact = {"resourceVersion": "1", "resourceVersionMatch": "Exact"}
    assert (await call("GET", ROLLOUTS, **exact))[0] == 410
    older = {"resourceVersion": "1", "resourceVersionMatch": "NotOlderThan"}
    assert (await call("GET", ROLLOUTS, **older))[0] == 200
    (event,) = await call.watch(ROLLOUTS, 5, resourceVersion="1")
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
    future = str(call.emulator.storage.revision + 2)
    watching = asyncio.create_task(call.watch(ROLLOUTS, 1, resourceVersion=future))
    while not call.emulator.hub.open:  # noqa: ASYNC110 - the state of a server
        await asyncio.sleep(0.001)
    for phase in ("one", "two", "three"):
        call.emulator.apply(rollout("a", phase=phase))
    assert (await watching)[0]["object"]["status"]["phase"] == "three"


async def test_lists_are_streamed_where_the_feature_is_on() -> None:
    """Objects by name, then the marked bookmark, then live events; 422 without the feature or the
    match, 504 for a version of the future."""
    wish = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    async with Emulator(streams_lists=True) as emulator, aiohttp.ClientSession() as session:
        call = Caller(emulator, session)
        emulator.apply(rollout("b"))
        emulator.apply(rollout("a"))
        emulator.compact()
        watching = asyncio.create_task(call.watch(ROLLOUTS, 4, resourceVersion="1001", **wish))
        while not emulator.hub.open:  # noqa: ASYNC110 - the state of a server
            await asyncio.sleep(0.001)
        emulator.apply(rollout("c"))
        found = await watching
        assert [event["type"] for event in found] == ["ADDED", "ADDED", "BOOKMARK", "ADDED"]
        names = [event["object"]["metadata"].get("name") for event in found]
        assert names == ["a", "b", None, "c"]
        mark = found[2]["object"]["metadata"]
        assert mark["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert mark["resourceVersion"] == str(emulator.storage.revision - 1)
        alone = {"watch": "true", "sendInitialEvents": "true"}
        assert (await call("GET", ROLLOUTS, **alone))[0] == 422
        assert (await call("GET", ROLLOUTS, watch="true", resourceVersion="99999", **wish))[
            0
        ] == 504
        emulator.streams_lists = False
        status, refused = await call("GET", ROLLOUTS, watch="true", **wish)
        assert (status, refused["reason"]) == (422, "Invalid")
        assert {entry.verb for entry in emulator.requests} == {"watchlist"}


async def test_selectors_make_objects_come_and_go(call: Caller) -> None:
    """A label that leaves is DELETED, one that comes is ADDED; other names are not shown."""
    labelled = rollout("a")
    labelled["metadata"]["labels"] = {"app": "x"}
    start = str(call.emulator.storage.revision)
    for given in (labelled, rollout("a"), labelled, rollout("other")):
        call.emulator.apply(given)
    found = await call.watch(ROLLOUTS, 3, resourceVersion=start, labelSelector="app in (x, y)")
    assert [event["type"] for event in found] == ["ADDED", "DELETED", "ADDED"]
    found = await call.watch(
        ROLLOUTS, 9, resourceVersion=start, fieldSelector="metadata.name=other", timeoutSeconds="0"
    )
    assert [event["object"]["metadata"]["name"] for event in found] == ["other"]
    assert (await call("GET", ROLLOUTS, fieldSelector="spec.replicas=3"))[0] == 400


async def test_bookmarks_come_by_interval() -> None:
    """They carry the newest version; who did not ask gets none."""
    async with Emulator(bookmark_s=0.01) as emulator, aiohttp.ClientSession() as session:
        call = Caller(emulator, session)
        (event,) = await call.watch(ROLLOUTS, 1, allowWatchBookmarks="true", resourceVersion="1000")
        assert (event["type"], event["object"]["metadata"]["resourceVersion"]) == (
            "BOOKMARK",
            "1000",
        )


async def test_names_can_be_restricted_as_rbac_does(call: Caller) -> None:
    """GET of the name and LIST by its field are allowed, everything else is 403."""
    call.emulator.restrict("configmaps", "cm")
    base = "/api/v1/namespaces/default/configmaps"
    assert (await call("GET", f"{base}/cm"))[0] == 404
    assert (await call("GET", base, fieldSelector="metadata.name=cm"))[0] == 200
    assert (await call("GET", f"{base}/other"))[0] == 403
    assert (await call("GET", base))[0] == 403
    everywhere = "/api/v1/configmaps"
    assert (await call("GET", everywhere, fieldSelector="metadata.name=cm"))[0] == 403


async def test_lists_of_built_in_kinds_omit_the_kind(call: Caller) -> None:
    """As on a real server; custom resources name it."""
    call.emulator.apply(rollout("a"))
    deployment = {"kind": "Deployment", "metadata": {"name": "d", "namespace": "default"}}
    call.emulator.apply(deployment)
    _, rollouts = await call("GET", ROLLOUTS)
    _, deployments = await call("GET", "/apis/apps/v1/deployments")
    assert "kind" in rollouts["items"][0]
    assert "kind" not in deployments["items"][0]


async def test_a_recording_is_played_with_versions_of_its_own(call: Caller) -> None:
    """Each recorded version becomes the next one of the emulator, in order."""
    path = RECORDINGS / "canary-initial" / "stream.jsonl.gz"
    lines = [line for line in read_stream(path) if line["type"] != "BOOKMARK"]
    versions = await call.emulator.play(path)
    assert list(versions.values()) == sorted(versions.values())
    assert len(versions) == len(lines)
    count = sum(line["object"]["kind"] == "Rollout" for line in lines)
    everywhere = "/apis/argoproj.io/v1alpha1/rollouts"
    found = await call.watch(everywhere, count, resourceVersion="1000")
    assert len(found) == count
    assert found[-1]["object"]["metadata"]["resourceVersion"] == str(
        max(versions[line["object"]["metadata"]["resourceVersion"]] for line in lines
            if line["object"]["kind"] == "Rollout")
    )  # fmt: skip


async def test_the_process_serves_and_stops(tmp_path: Path) -> None:
    """`python -m tests.emulator` prints its address, fills itself and ends on SIGTERM."""
    arguments = ["--fill", "7", "--namespaces", "2", "--kubeconfig", str(tmp_path / "config")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.emulator", *arguments,
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent.parent,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            path = "/apis/argoproj.io/v1alpha1/namespaces/team-000/rollouts"
            async with session.get(address["url"] + path) as answer:
                assert len((await answer.json())["items"]) == 4
        assert json.loads((tmp_path / "config").read_text())["clusters"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
