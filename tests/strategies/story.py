"""Tells the life of one Rollout to an observer, version by version, as a watch would.

Short words for the fields: `hash`, `step_hash`, `stable`, `index`, `pauses`, `progressing`,
`completed`, `run_step` ... A value of None removes the field. The writer of a version matters: the
controller and the user are different field managers.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from notifier.core.model import Observation, Resource, StoredSnapshot, Transition
from notifier.core.observer import Change, Observer, Wanted

CODES = {
    "on-rollout-updated": "UPD",
    "on-rollout-step-completed": "STEP",
    "on-rollout-completed": "DONE",
    "on-rollout-aborted": "ABRT",
    "on-rollout-paused": "PAUS",
    "on-scaling-replica-set": "SCALE",
    "on-analysis-run-running": "RUN",
    "on-analysis-run-failed": "FAIL",
    "on-analysis-run-error": "ERR",
}
"""The nine, as the scenario table of the specification abbreviates them."""

RESOURCES: Mapping[str, Resource] = {
    "Rollout": "rollouts",
    "AnalysisRun": "analysisruns",
    "Experiment": "experiments",
    "ReplicaSet": "replicasets",
}

CONTROLLER = "rollouts-controller"
STATUS = {
    "hash": "currentPodHash",
    "step_hash": "currentStepHash",
    "index": "currentStepIndex",
    "stable": "stableRS",
    "abort": "abort",
    "aborted_at": "abortedAt",
    "promote_full": "promoteFull",
    "controller_pause": "controllerPause",
    "phase": "phase",
    "message": "message",
    "observed": "observedGeneration",
    "started": "duration",
}
SLOTS = {
    "run_step": ("canary", "currentStepAnalysisRunStatus"),
    "run_background": ("canary", "currentBackgroundAnalysisRunStatus"),
    "run_pre": ("blueGreen", "prePromotionAnalysisRunStatus"),
    "run_post": ("blueGreen", "postPromotionAnalysisRunStatus"),
    "weights": ("canary", "weights"),
    "experiment": ("canary", "currentExperiment"),
    "plugins": ("canary", "stepPluginStatuses"),
    "active": ("blueGreen", "activeSelector"),
    "preview": ("blueGreen", "previewSelector"),
}


def at(second: int) -> str:
    """Return a time within the story."""
    return f"2026-01-01T10:{second // 60:02}:{second % 60:02}Z"


def encode(obj: Mapping[str, Any]) -> bytes:
    """Return an object as it comes over the wire."""
    return json.dumps(obj, separators=(",", ":")).encode()


class Version(NamedTuple):
    """One version of an object, as a watch shows it."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: dict[str, Any]


class Story:
    """One Rollout in a namespace, its neighbours, and the observer that watches them."""

    def __init__(
        self,
        *,
        steps: int | None = 2,
        name: str = "demo",
        namespace: str = "shop",
        uid: str = "rollout-uid",
        created: int = 0,
        observer: Observer | None = None,
        managed: bool = True,
    ) -> None:
        self.observer = observer or Observer()
        self.transitions: list[Transition] = []
        self.changes: list[Change] = []
        self.stored: dict[str, StoredSnapshot] = {}
        self.checkpoint: list[StoredSnapshot] = []
        self.cluster: dict[tuple[str, str], dict[str, Any]] = {}
        self.log: list[Version] = []
        self.name, self.namespace, self.uid = name, namespace, uid
        self._managed, self._hidden = managed, False
        self._version = 100
        self._index_owner = CONTROLLER
        strategy: dict[str, Any] = {"blueGreen": {}}
        if steps is not None:
            strategy = {"canary": {"steps": [{"setWeight": 10 * (i + 1)} for i in range(steps)]}}
        self.rollout: dict[str, Any] = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": uid,
                "generation": 1,
                "creationTimestamp": at(created),
                "annotations": {},
                "labels": {},
            },
            "spec": {
                "strategy": strategy,
                "template": {"spec": {"containers": [{"name": "app", "image": "demo:v1"}]}},
            },
        }
        if observer is None:
            self.relist()

    # --- what happened --------------------------------------------------------------------------

    @property
    def keys(self) -> list[str]:
        """Every key told, once, in order."""
        return list(dict.fromkeys(transition.key for transition in self.transitions))

    @property
    def codes(self) -> str:
        """The nine in short, one per key, in order."""
        told = {transition.key: transition for transition in reversed(self.transitions)}
        named = [CODES.get(told[key].trigger) for key in self.keys]
        return " ".join(code for code in named if code) or "-"

    def told(self, trigger: str) -> list[Transition]:
        """Return the transitions of one trigger."""
        return [found for found in self.transitions if found.trigger == trigger]

    # --- versions of the Rollout ------------------------------------------------------------------

    def create(self, **fields: Any) -> None:
        """The user creates the Rollout."""
        self._apply(fields)
        self._send("ADDED", self.rollout)

    def user(self, **fields: Any) -> None:
        """The user writes a version."""
        if "index" in fields:
            self._index_owner = "kubectl-argo-rollouts"
        self._apply(fields)
        self._send("MODIFIED", self.rollout)

    def controller(self, **fields: Any) -> None:
        """The controller writes a version."""
        if "index" in fields:
            self._index_owner = CONTROLLER
        self._apply(fields)
        self._send("MODIFIED", self.rollout)

    def delete(self, *, seen: bool = True) -> None:
        """The Rollout is deleted, seen by the watch or not."""
        if seen:
            self._send("DELETED", self.rollout)
        else:
            self.cluster.pop(("Rollout", self.name))

    def recreate(self, uid: str, created: int) -> None:
        """The user creates a new Rollout of the same name."""
        fresh = Story(name=self.name, uid=uid, created=created)
        self.uid, self.rollout = uid, fresh.rollout

    def edit(self) -> None:
        """The user edits the spec: the generation goes up."""
        self.rollout["metadata"]["generation"] += 1
        self.user()

    # --- neighbours -------------------------------------------------------------------------------

    def replica_set(
        self,
        pod_hash: str,
        replicas: int,
        *,
        revision: int = 1,
        by: str = CONTROLLER,
        created: int = 0,
        owner: str = "Rollout",
        history: str = "",
    ) -> None:
        """A ReplicaSet exists with that many replicas; `by` is a manager, or `scale`."""
        name = f"{self.name}-{pod_hash}"
        known = self.cluster.get(("ReplicaSet", name))
        annotations = {"rollout.argoproj.io/revision": str(revision)}
        if history:
            annotations["rollout.argoproj.io/revision-history"] = history
        entry = {"manager": by, "time": at(59), "fieldsV1": {"f:spec": {"f:replicas": {}}}}
        if by == "scale":
            entry |= {"manager": "kubectl", "subresource": "scale"}
        obj = self._owned("ReplicaSet", name, owner)
        obj["metadata"] |= {
            "generation": known["metadata"]["generation"] + 1 if known else 1,
            "creationTimestamp": at(created),
            "labels": {"rollouts-pod-template-hash": pod_hash},
            "annotations": annotations,
        }
        if self._managed:
            obj["metadata"]["managedFields"] = [entry]
        obj["spec"] = {"replicas": replicas}
        self._send("MODIFIED" if known else "ADDED", obj)

    def run(
        self,
        name: str,
        phase: str,
        *,
        uid: str = "",
        owner: str = "Rollout",
        metrics: Mapping[str, str] | None = None,
        pod_hash: str = "a",
        **status: Any,
    ) -> None:
        """An AnalysisRun is in a phase."""
        known = ("AnalysisRun", name) in self.cluster
        obj = self._owned("AnalysisRun", name, owner)
        obj["metadata"]["uid"] = uid or f"uid-{name}"
        obj["metadata"]["labels"] = {"rollouts-pod-template-hash": pod_hash}
        obj["metadata"]["creationTimestamp"] = status.pop("created", at(1))
        results = [{"name": key, "phase": value} for key, value in (metrics or {}).items()]
        obj["status"] = {"phase": phase, "metricResults": results, **status}
        self._send("MODIFIED" if known else "ADDED", obj)

    def experiment(
        self,
        name: str,
        phase: str,
        runs: Sequence[tuple[str, str, str]] = (),
        *,
        templates: Mapping[str, str] | None = None,
        created: int = 1,
        owner: str = "Rollout",
    ) -> None:
        """An Experiment is in a phase; `runs` are (name, AnalysisRun, phase)."""
        known = self.cluster.get(("Experiment", name))
        obj = self._owned("Experiment", name, owner)
        obj["metadata"]["generation"] = known["metadata"]["generation"] + 1 if known else 1
        obj["metadata"]["creationTimestamp"] = at(created)
        obj["status"] = {
            "phase": phase,
            "analysisRuns": [{"name": n, "analysisRun": r, "phase": p} for n, r, p in runs],
            "templateStatuses": [{"name": n, "status": s} for n, s in (templates or {}).items()],
        }
        self._send("MODIFIED" if known else "ADDED", obj)

    def remove(self, kind: str, name: str) -> None:
        """A neighbour is deleted."""
        self._send("DELETED", self.cluster[kind, name])

    # --- gaps and restarts ----------------------------------------------------------------------

    @contextlib.contextmanager
    def gap(self, *, restart: bool = False) -> Iterator[None]:
        """What happens inside is not seen; a list ends it. With `restart` a new process lists."""
        before, self._hidden = dict(self.cluster), True
        yield
        self._hidden = False
        if restart:
            self.restart()
        self.relist(before={} if restart else before)

    def restart(self) -> None:
        """A new process takes over what was stored."""
        self.observer = Observer()
        self.observer.restore(self.rows())

    def rows(self) -> list[StoredSnapshot]:
        """Return what is stored, the checkpoint included."""
        return [*self.stored.values(), *self.checkpoint]

    def relist(self, *, before: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> None:
        """Every resource is listed; `before` is what the watch had shown."""
        for kind, resource in RESOURCES.items():
            for (known_kind, name), obj in (before or {}).items():
                now = self.cluster.get((known_kind, name))
                uid = obj["metadata"]["uid"]
                if known_kind == kind and (now is None or now["metadata"]["uid"] != uid):
                    namespace = obj["metadata"]["namespace"]
                    stub = {"metadata": {"name": name, "namespace": namespace, "uid": uid}}
                    self.take(Observation(resource, "ABSENT", encode(stub), contiguous=False))
            for (listed, _), obj in list(self.cluster.items()):
                if listed == kind:
                    self.take(Observation(resource, "LISTED", encode(obj), contiguous=False))
            self.take(Observation(resource, "SYNCED", b""))

    def show(self, version: Version) -> None:
        """The cluster has a version; the watch shows it unless in a gap."""
        obj = version.object
        key = (obj["kind"], obj["metadata"]["name"])
        if version.type == "DELETED":
            self.cluster.pop(key, None)
        else:
            self.cluster[key] = obj
        if not self._hidden:
            self.take(Observation(RESOURCES[obj["kind"]], version.type, encode(obj)))

    def again(self) -> None:
        """The last version of the Rollout arrives once more."""
        self.take(Observation("rollouts", "MODIFIED", encode(self.rollout)))

    def take(self, observation: Observation) -> None:
        """Hand an observation over and do with the changes what the engine does."""
        for provisional in self.observer.observe(observation):
            change = provisional
            if change.wanted:
                found = {wanted: self.find(wanted) for wanted in change.wanted}
                change = self.observer.resolve(change, found)
            self.changes.append(change)
            self.transitions += change.transitions
            if change.snapshot is not None:
                self.stored[change.snapshot.uid] = change.snapshot
            self.stored.pop(change.forget, None)
            self.observer.queued(change.rollout.uid)
        self.mark()

    def mark(self) -> None:
        """Store the checkpoint if there is a new one."""
        if (row := self.observer.checkpoint()) is not None:
            self.checkpoint = [row]

    def find(self, wanted: Wanted) -> list[bytes]:
        """Answer what the observer wants to see, as the API server would."""
        found = [obj for (kind, _), obj in self.cluster.items() if kind == wanted.kind]
        if wanted.name:
            return [encode(obj) for obj in found if obj["metadata"]["name"] == wanted.name]
        label, hashes = re.split(r" in \(|=", wanted.selector.rstrip(")"))
        return [
            encode(obj)
            for obj in found
            if obj["metadata"]["labels"].get(label) in hashes.split(",")
        ]

    # --- inside -----------------------------------------------------------------------------------

    def _owned(self, kind: str, name: str, owner: str) -> dict[str, Any]:
        uid = self.uid if owner == "Rollout" else f"uid-{owner}"
        group = "apps/v1" if kind == "ReplicaSet" else "argoproj.io/v1alpha1"
        reference = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout" if owner == "Rollout" else "Experiment",
            "name": self.name,
            "uid": uid,
            "controller": True,
        }
        return {
            "apiVersion": group,
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "uid": f"uid-{name}",
                "ownerReferences": [reference] if owner else [],
            },
        }

    def _apply(self, fields: Mapping[str, Any]) -> None:
        metadata, spec = self.rollout["metadata"], self.rollout["spec"]
        status = self.rollout.setdefault("status", {})
        for name, value in fields.items():
            if name == "revision":
                _set(metadata["annotations"], "rollout.argoproj.io/revision", value, str)
            elif name in {"labels", "annotations"}:
                metadata[name] |= value
            elif name == "spec":
                spec |= value
            elif name == "wipe":
                status.clear()
            else:
                _status(status, name, value)
        if not status:
            del self.rollout["status"]

    def _send(self, type_: Literal["ADDED", "MODIFIED", "DELETED"], obj: dict[str, Any]) -> None:
        """Give the object a new version and show it."""
        self._version += 1
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self._version)
        if obj["kind"] == "Rollout" and self._managed:
            metadata["managedFields"] = self._managers(obj.get("status", {}))
        version = Version(type_, copy.deepcopy(obj))
        self.log.append(version)
        self.show(version)

    def _managers(self, status: Mapping[str, Any]) -> list[dict[str, Any]]:
        if not status:
            return []
        entries = []
        for manager in dict.fromkeys((CONTROLLER, self._index_owner)):
            owned: dict[str, Any] = {}
            if manager == CONTROLLER:
                owned = {"f:phase": {}, "f:conditions": {}}
            if manager == self._index_owner:
                owned["f:currentStepIndex"] = {}
            entries.append(
                {
                    "manager": manager,
                    "subresource": "status",
                    "time": at(self._version % 60),
                    "fieldsV1": {"f:status": owned},
                }
            )
        return entries


def _set(target: dict[str, Any], key: str, value: Any, convert: Any = None) -> None:
    if value is None:
        target.pop(key, None)
    else:
        target[key] = convert(value) if convert else value


def _status(status: dict[str, Any], name: str, value: Any) -> None:
    """Set one field of the status by its short word."""
    if name == "started":
        status["duration"] = {"rolloutStartedAt": value}
    elif name == "pauses":
        pauses = value and [{"reason": reason, "startTime": start} for reason, start in value]
        _set(status, "pauseConditions", pauses)
    elif name in {"progressing", "completed", "invalid"}:
        _condition(status, name, value)
    elif name in SLOTS:
        section, key = SLOTS[name]
        run = isinstance(value, tuple)
        slot = {"name": value[0], "status": value[1]} if run else value
        _set(status.setdefault(section, {}), key, slot)
    else:
        _set(status, STATUS[name], value)


def _condition(status: dict[str, Any], name: str, value: Any) -> None:
    """Replace a condition; it moves to the end, as the controller does it."""
    kind = {"progressing": "Progressing", "completed": "Completed", "invalid": "InvalidSpec"}[name]
    kept = [item for item in status.get("conditions", []) if item["type"] != kind]
    status["conditions"] = kept
    if value is None:
        return
    reason, time, *state = value
    kept.append(
        {
            "type": kind,
            "status": state[0] if state else "True",
            "reason": reason,
            "message": f"because of {reason}",
            "lastUpdateTime": at(time),
            "lastTransitionTime": at(time),
        }
    )
