"""A Lease as far as we use it; whatever else it holds is kept. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from notifier.core.errors import ClusterError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """One version of it. `object` is the whole object and is never changed in place."""

    object: dict[str, Any]

    @classmethod
    def new(cls, namespace: str, name: str) -> Lease:
        """Return one that does not exist yet."""
        metadata = {"namespace": namespace, "name": name}
        kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        return cls({**kind, "metadata": metadata, "spec": {}})

    @classmethod
    def read(cls, body: bytes) -> Lease:
        """Read an answer. Raises `ClusterError` if it holds no Lease."""
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ClusterError("Lease: the answer is not JSON: is this the API server?") from error
        if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
            raise ClusterError("Lease: the answer is no object: is this the API server?")
        if not isinstance(found.get("spec"), dict):
            found["spec"] = {}
        return cls(found)

    @property
    def version(self) -> str:
        """The resourceVersion."""
        return str(self.object["metadata"].get("resourceVersion", ""))

    @property
    def holder(self) -> str:
        """Who holds it; empty: nobody."""
        return str(self.object["spec"].get("holderIdentity") or "")

    @property
    def transitions(self) -> int:
        """How often the holder changed: the epoch of the holder."""
        return _whole(self.object["spec"].get("leaseTransitions"))

    @property
    def duration_s(self) -> float:
        """Seconds it lasts unrenewed, as its holder wrote them."""
        return _whole(self.object["spec"].get("leaseDurationSeconds"))

    def taken(self, identity: str, *, epoch: int, duration_s: float, now: float) -> Lease:
        """Return it in the hands of another holder, under a new epoch, at least that one."""
        return self._with(
            holderIdentity=identity,
            leaseDurationSeconds=max(1, round(duration_s)),
            acquireTime=_micro_time(now),
            renewTime=_micro_time(now),
            leaseTransitions=max(self.transitions + 1, epoch),
        )

    def renewed(self, now: float) -> Lease:
        """Return it renewed."""
        return self._with(renewTime=_micro_time(now))

    def released(self, now: float) -> Lease:
        """Return it free; who takes it next has the next epoch."""
        return self._with(holderIdentity="", leaseDurationSeconds=1, renewTime=_micro_time(now))

    def anew(self) -> Lease:
        """Return it as it is created again after somebody deleted it."""
        metadata = self.object["metadata"]
        lease = Lease.new(metadata.get("namespace", ""), metadata.get("name", ""))
        return lease._with(**self.object["spec"])

    def encoded(self) -> bytes:
        """Return the body of a request."""
        return json.dumps(self.object).encode()

    def _with(self, **spec: Any) -> Lease:
        return Lease({**self.object, "spec": {**self.object["spec"], **spec}})


def _micro_time(now: float) -> str:
    """Return UTC with six digits of the second: the API server refuses any other form."""
    return (_EPOCH + timedelta(seconds=now)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
