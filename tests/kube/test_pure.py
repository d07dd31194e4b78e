"""The parts without I/O: framing, decoding, paths, error words, selectors of recordings."""

from __future__ import annotations

import contextlib
import itertools
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.errors import ClusterError, NotFound
from notifier.kube import decoding, faults
from notifier.kube.following import _REASONS
from notifier.kube.framing import Lines
from notifier.kube.replica import Replica
from notifier.kube.resources import KINDS, kind
from notifier.kube.statistics import ERROR_REASONS


@given(
    lines=st.lists(st.binary(max_size=12).filter(lambda b: b"\n" not in b), max_size=8),
    cuts=st.lists(st.integers(0, 100), max_size=10),
    tail=st.binary(max_size=5).filter(lambda b: b"\n" not in b),
)
def test_framing_gives_the_same_lines_however_they_are_cut(
    lines: list[bytes], cuts: list[int], tail: bytes
) -> None:
    """Property: chunks do not matter, empty lines and the unfinished tail are not given."""
    data = b"".join(line + b"\n" for line in lines) + tail
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    chunks = [data[a:b] for a, b in itertools.pairwise(places)]
    framing = Lines()
    found = [bytes(line) for chunk in chunks for line in framing.feed(chunk)]
    assert found == [line for line in lines if line]


@given(sizes=st.lists(st.integers(0, 30), max_size=8), piece=st.integers(1, 40))
def test_framing_drops_exactly_the_lines_beyond_the_limit(sizes: list[int], piece: int) -> None:
    """Property: lines up to the limit survive, longer ones are counted, whatever the chunks."""
    data = b"".join(b"x" * size + b"\n" for size in sizes)
    framing = Lines(limit=10)
    found = []
    for start in range(0, len(data), piece):
        found += [len(line) for line in framing.feed(data[start : start + piece])]
    assert found == [size for size in sizes if 0 < size <= 10]
    assert framing.dropped == sum(size > 10 for size in sizes)


OBJECT = {"kind": "Rollout", "metadata": {"name": "a", "uid": "u", "resourceVersion": "7"}}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"type": "ADDED", "object": OBJECT}, separators=(",", ":")),
        json.dumps({"type": "ADDED", "object": OBJECT}),
        json.dumps({"object": OBJECT, "type": "ADDED"}, separators=(",", ":")),
        json.dumps({"type": "ADDED", "object": OBJECT, "more": {"a": {}}}, separators=(",", ":")),
        json.dumps({"type": "ADDED", "object": OBJECT}, separators=(",", ":")) + "\r",
    ],
    ids=["canonical", "spaces", "turned", "more", "carriage return"],
)
def test_a_line_gives_the_object_in_any_spelling(line: str) -> None:
    """The cut by position and the careful decode agree."""
    event, head, raw = decoding.line(memoryview(line.encode()))
    assert event == "ADDED"
    assert head is not None
    assert (head.metadata.resource_version, head.metadata.uid) == ("7", "u")
    assert json.loads(raw) == OBJECT


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_decoding_raises_nothing_but_its_own_error(data: bytes) -> None:
    """Property: whatever comes, a line or page is decoded or `Undecodable`; a Status is read."""
    for decode in (lambda: decoding.line(memoryview(data)), lambda: decoding.page(data)):
        with contextlib.suppress(decoding.Undecodable):
            decode()
    faults.read_status(data)


def test_decoding_survives_depth() -> None:
    """Nesting beyond the decoder's limit is undecodable."""
    deep = b'{"type":"ADDED","object":{"metadata":' + b"[" * 100_000
    with pytest.raises(decoding.Undecodable):
        decoding.line(memoryview(deep))


@pytest.mark.parametrize(
    ("name", "namespace", "item", "path"),
    [
        ("Rollout", "", "", "/apis/argoproj.io/v1alpha1/rollouts"),
        ("Rollout", "ns", "", "/apis/argoproj.io/v1alpha1/namespaces/ns/rollouts"),
        ("ReplicaSet", "ns", "x.y-z", "/apis/apps/v1/namespaces/ns/replicasets/x.y-z"),
        ("ConfigMap", "ns", "cm", "/api/v1/namespaces/ns/configmaps/cm"),
        ("PodTemplate", "ns", "p", "/api/v1/namespaces/ns/podtemplates/p"),
    ],
)
def test_paths(name: str, namespace: str, item: str, path: str) -> None:
    """Core kinds live under /api, the others under /apis."""
    assert kind(name).path(namespace, item) == path


@pytest.mark.parametrize(
    "name", ["../secrets/x", "a/b", "..", ".", "A", "a?b", "a%2fb", "a" * 254, "a\n"]
)
def test_names_that_lead_elsewhere_do_not_exist(name: str) -> None:
    """Names come from tenants: one that no object can have never becomes a path (security)."""
    with pytest.raises(NotFound):
        KINDS["Deployment"].path("ns", name)
    with pytest.raises(NotFound):
        KINDS["Deployment"].path(name or "x", "ok")


def test_kinds_that_are_not_read_are_refused() -> None:
    """The list of kinds is closed."""
    with pytest.raises(ClusterError, match="Pod: not one of the kinds read"):
        kind("Pod")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7.0), (8, 8.0), ("0.5", 0.5), ("-1", None), ("soon", None), (None, None), ("nan", None),
     ("inf", 3600.0), ("999999", 3600.0), ([], None)],
)  # fmt: skip
def test_retry_after_is_read_with_bounds(value: object, expected: float | None) -> None:
    """Seconds, at most an hour; anything else is no wish."""
    assert faults.seconds(value) == expected


def item(name: str, version: int, uid: str = "") -> dict[str, object]:
    """Return a small object."""
    return {"metadata": {"name": name, "uid": uid or name, "resourceVersion": str(version)}}


def raws(*items: dict[str, object]) -> list[msgspec.Raw]:
    """Return list items."""
    return [msgspec.Raw(json.dumps(given).encode()) for given in items]


def watched(replica: Replica, kind: str, given: dict[str, object]) -> list[str]:
    """Show one event to the replica; return the types it makes of it."""
    line = json.dumps({"type": kind, "object": given}).encode()
    return [observation.type for observation in replica.watched([memoryview(line)])[0]]


@pytest.fixture
def replica() -> Replica:
    """Two objects at version 10."""
    made = Replica("rollouts", KINDS["Rollout"])
    made.begin("10", verify=False)
    made.listed(raws(item("a", 3), item("b", 4)))
    made.complete("10")
    return made


@pytest.mark.parametrize(
    ("event", "given", "expected"),
    [
        ("DELETED", item("b", 15), ["DELETED"]),
        ("BOOKMARK", {"metadata": {"resourceVersion": "20"}}, ["ABSENT"]),
        ("MODIFIED", item("a", 21), ["MODIFIED", "ABSENT"]),
        ("ADDED", item("b", 22, "other"), ["ADDED"]),
        ("MODIFIED", item("a", 19), ["MODIFIED"]),
    ],
    ids=["deleted", "passed", "passed by event", "reborn", "not yet passed"],
)
def test_a_verifying_list_waits_for_the_watch_before_it_declares_absence(
    replica: Replica, event: str, given: dict[str, object], expected: list[str]
) -> None:
    """b is missing at version 20: absent only once the watch is past 20 without its deletion."""
    replica.begin("20", verify=True)
    listed = replica.listed(raws(item("a", 17)))
    assert (listed, replica.complete("20"), replica.version) == ([], [], "10")
    assert watched(replica, event, given) == expected


def test_a_verifying_list_shows_what_the_watch_should_have_shown(replica: Replica) -> None:
    """Versions up to the watch's are compared: lost changes, lost additions, lost namesakes."""
    replica.begin("20", verify=True)
    found = replica.listed(raws(item("a", 9, "other"), item("c", 8), item("d", 11)))
    assert [observation.type for observation in found] == ["ABSENT", "LISTED", "LISTED"]


@pytest.mark.parametrize("version", ["9", "opaque"])
def test_a_list_that_cannot_verify_replaces(replica: Replica, version: str) -> None:
    """The server's version went back, or is no number: the list is the truth."""
    replica.begin(version, verify=True)
    assert [o.type for o in replica.listed(raws(item("a", 99)))] == ["LISTED"]
    assert [o.type for o in replica.complete(version)] == ["ABSENT", "SYNCED"]
    assert replica.version == version


def test_every_reason_is_declared() -> None:
    """Label values are a closed set: what is counted is in the list, metrics register all."""
    assert {reason for _, reason in _REASONS} <= set(ERROR_REASONS)
    assert {"short", "undecodable", "line_too_long"} <= set(ERROR_REASONS)
