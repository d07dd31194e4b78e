"""Typed reading of a Rollout: exactly the fields that are used, nothing else.

msgspec skips every other field of the JSON, which is what makes a watch event cheap. `Rollout`
holds the tracked fields and is the remembered form as well: encoded again it is a small
Rollout-shaped object, and two versions are equal if these bytes are. `RolloutVersion` is one
decoded version: the Rollout and what belongs to the version only. The objects around a Rollout are
in `owned_objects.py`.

Types to mind (spec/transitions.md 1.11): `status.observedGeneration` is text, zero integers and
false booleans are omitted, `currentStepIndex` absent is not 0, conditions change their order.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, Struct, field

REVISION: Final = "rollout.argoproj.io/revision"
INSTANCE_ID: Final = "argo-rollouts.argoproj.io/controller-instance-id"

TRACKED_CONDITIONS: Final = frozenset({"Progressing", "Completed", "InvalidSpec"})


class Part(Struct, rename="camel", omit_defaults=True, gc=False):
    """A piece of an object: camelCase on the wire, absent where it has its default."""


# --- Rollout ----------------------------------------------------------------------------------


class Annotations(Part):
    """The one annotation that a transition is derived from."""

    revision: str = field(default="", name=REVISION)


class RolloutMetadata(Part):
    """Who the Rollout is."""

    name: str
    uid: str
    namespace: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    annotations: Annotations = field(default_factory=Annotations)


class Container(Part):
    """A container's name and image."""

    name: str = ""
    image: str = ""


class PodSpec(Part):
    """The containers of a pod template."""

    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None


class PodTemplate(Part):
    """A pod template, for its images."""

    spec: PodSpec | None = None


class WorkloadRef(Part):
    """The workload that holds the pod template instead."""

    kind: str = ""
    name: str = ""


class RolloutSpec(Part):
    """The part of the spec that `previous` shows."""

    template: PodTemplate | None = None
    workload_ref: WorkloadRef | None = None


class Condition(Part):
    """A condition of a Rollout."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_update_time: str = ""
    last_transition_time: str = ""


class PauseCondition(Part):
    """Why and since when the controller pauses."""

    reason: str = ""
    start_time: str = ""


class RunStatus(Part):
    """One of the four slots: the analysis run that is current in one role."""

    name: str = ""
    status: str = ""
    message: str = ""


class Weight(Part):
    """A share of the traffic."""

    weight: int = 0
    pod_template_hash: str = ""
    service_name: str = ""


class Weights(Part):
    """How the traffic is split."""

    canary: Weight | None = None
    stable: Weight | None = None
    additional: tuple[Weight, ...] | None = None


class StepPlugin(Part):
    """The state of one operation of a step plugin."""

    index: int = 0
    name: str = ""
    operation: str = ""
    phase: str = ""
    message: str = ""


class CanaryStatus(Part):
    """`status.canary`."""

    current_step_analysis_run_status: RunStatus | None = None
    current_background_analysis_run_status: RunStatus | None = None
    current_experiment: str = ""
    weights: Weights | None = None
    step_plugin_statuses: tuple[StepPlugin, ...] | None = None


class BlueGreenStatus(Part):
    """`status.blueGreen`."""

    pre_promotion_analysis_run_status: RunStatus | None = None
    post_promotion_analysis_run_status: RunStatus | None = None
    active_selector: str = ""
    preview_selector: str = ""


class Duration(Part):
    """`status.duration` of recent controllers."""

    rollout_started_at: str = ""


class RolloutStatus(Part):
    """`status`, without the replica counts and what nothing is derived from."""

    phase: str = ""
    message: str = ""
    observed_generation: str = ""
    current_pod_hash: str = ""
    current_step_hash: str = ""
    current_step_index: int | None = None
    stable_hash: str = field(default="", name="stableRS")
    abort: bool = False
    aborted_at: str | None = None
    promote_full: bool = False
    controller_pause: bool = False
    pause_conditions: tuple[PauseCondition, ...] | None = None
    conditions: tuple[Condition, ...] | None = None
    canary: CanaryStatus | None = None
    blue_green: BlueGreenStatus | None = None
    duration: Duration | None = None

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of that type, wherever in the list it stands."""
        for condition in self.conditions or ():
            if condition.type == kind:
                return condition
        return None


class Rollout(Part):
    """The tracked fields of a Rollout: what is compared, remembered and shown as `previous`."""

    metadata: RolloutMetadata
    spec: RolloutSpec = field(default_factory=RolloutSpec)
    status: RolloutStatus = field(default_factory=RolloutStatus)


class RolloutVersion(Struct, frozen=True, kw_only=True):
    """One version of a Rollout. `annotations` and `managed_fields` are undecoded."""

    rollout: Rollout
    resource_version: str
    steps: int = 0
    rollback_window: bool = False
    instance_id: str = ""
    annotations: dict[str, Raw] = {}
    managed_fields: Raw = Raw()


class _CanaryStrategy(Part):
    steps: list[Raw] | None = None


class _Strategy(Part):
    canary: _CanaryStrategy | None = None


class _WireSpec(Part):
    template: PodTemplate | None = None
    workload_ref: WorkloadRef | None = None
    strategy: _Strategy | None = None
    rollback_window: Raw = Raw()


class _Labels(Part):
    instance_id: str = field(default="", name=INSTANCE_ID)


class WireMetadata(Part):
    """`metadata` of a Rollout as served."""

    name: str
    uid: str
    namespace: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    labels: _Labels | None = None
    annotations: dict[str, Raw] | None = None
    managed_fields: Raw = Raw()


class WireRollout(Part):
    """A Rollout as served, decoded in one pass: as far as anything looks."""

    metadata: WireMetadata
    spec: _WireSpec | None = None
    status: RolloutStatus | None = None


_rollouts = msgspec.json.Decoder(WireRollout)
_texts = msgspec.json.Decoder(str)
_NO_LABELS = _Labels()
_NO_SPEC = _WireSpec()


def decode_rollout(raw: bytes) -> RolloutVersion:
    """Decode one version of a Rollout. Raises `msgspec.DecodeError` if it is not one."""
    return version_of(_rollouts.decode(raw))


def version_of(wire: WireRollout) -> RolloutVersion:
    """Return the version that a decoded Rollout is."""
    metadata, spec, status = wire.metadata, wire.spec or _NO_SPEC, wire.status or RolloutStatus()
    annotations = metadata.annotations or {}
    revision = annotations.get(REVISION)
    if status.conditions:
        status.conditions = tuple(c for c in status.conditions if c.type in TRACKED_CONDITIONS)
    canary = spec.strategy.canary if spec.strategy else None
    return RolloutVersion(
        rollout=Rollout(
            RolloutMetadata(
                metadata.name,
                metadata.uid,
                metadata.namespace,
                metadata.generation,
                metadata.creation_timestamp,
                Annotations(_texts.decode(revision) if revision else ""),
            ),
            RolloutSpec(spec.template, spec.workload_ref),
            status,
        ),
        resource_version=metadata.resource_version,
        steps=len(canary.steps) if canary and canary.steps else 0,
        rollback_window=bool(spec.rollback_window),
        instance_id=(metadata.labels or _NO_LABELS).instance_id,
        annotations=annotations,
        managed_fields=metadata.managed_fields,
    )


class _Named(Part):
    name: str = ""
    namespace: str = ""


class _Any(Part):
    metadata: _Named = field(default_factory=_Named)


def path(raw: bytes) -> str:
    """Return `namespace/name` of an object that may be broken in any way."""
    try:
        metadata = msgspec.json.decode(raw, type=_Any).metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "an object"
    return f"{metadata.namespace}/{metadata.name}"


# --- does a Rollout use analysis? -----------------------------------------------------------------


class _StepUse(Part):
    analysis: Raw = Raw()


class _CanaryUse(Part):
    analysis: Raw = Raw()
    steps: tuple[_StepUse, ...] | None = None


class _BlueGreenUse(Part):
    pre_promotion_analysis: Raw = Raw()
    post_promotion_analysis: Raw = Raw()


class _StrategyUse(Part):
    canary: _CanaryUse | None = None
    blue_green: _BlueGreenUse | None = None


class _SpecUse(Part):
    strategy: _StrategyUse | None = None


class _RolloutUse(Part):
    spec: _SpecUse | None = None


_uses = msgspec.json.Decoder(_RolloutUse)


def uses_analysis(raw: bytes) -> bool:
    """Say whether the Rollout's strategy runs analyses of its own (spares a LIST after a gap)."""
    spec = _uses.decode(raw).spec
    strategy = spec.strategy if spec else None
    if strategy is None:
        return False
    canary, blue_green = strategy.canary, strategy.blue_green
    parts = [step.analysis for step in (canary.steps or ())] if canary else []
    parts += [canary.analysis] if canary else []
    parts += (
        [blue_green.pre_promotion_analysis, blue_green.post_promotion_analysis]
        if blue_green
        else []
    )
    return any(bytes(part) for part in parts)
