"""How far a rollout is: the step, the weight, the bar, and what the steps do (messages.md 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.core import durations
from notifier.core.model import JsonObject

_BAR_CELLS: Final = 10
_FULL: Final = 100


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message says the rollout is.

    `step` is the number shown (from 1), `done` how many steps are behind; `at` is the step (from 0)
    whose weight counts, and `actual` the weight that the traffic router reports, if one does.
    """

    step: int
    done: int
    at: int
    actual: int | None = None


def steps_of(rollout: JsonObject) -> Sequence[Mapping[str, Any]]:
    """Return the canary steps; empty for blue-green and for a canary without steps."""
    return (strategy(rollout).get("canary") or {}).get("steps") or []


def strategy(rollout: JsonObject) -> Mapping[str, Any]:
    """Return the strategy block of a rollout."""
    return (rollout.get("spec") or {}).get("strategy") or {}


def describe(step: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind of a step and what it does, in words."""
    if not step:
        return "step", "an empty step"
    kind, value = next(iter(step.items()))
    value = value if value is not None else {}
    match kind:
        case "setWeight":
            return "weight", f"set weight {value} %"
        case "pause":
            wait = durations.seconds(value.get("duration"))
            return ("wait", f"wait {durations.human(wait)}") if wait else ("manual", "manual gate")
        case "analysis":
            return "analysis", _named("analysis", value.get("templates"), "templateName")
        case "experiment":
            return "experiment", _named("experiment", value.get("templates"), "name")
        case "setCanaryScale":
            return "scale", _canary_scale(value)
        case "setHeaderRoute" | "setMirrorRoute":
            what = "header route" if kind == "setHeaderRoute" else "mirror route"
            verb = "set" if value.get("match") else "remove"
            return "route", f"{verb} {what} {value.get('name', '')}".rstrip()
        case "plugin":
            return "plugin", f"plugin {value.get('name', '')}".rstrip()
        case _:
            return "step", str(kind)


def _named(what: str, items: Any, key: str) -> str:
    """Write `analysis a, b` for a list of templates."""
    names = [str(item[key]) for item in items or [] if item.get(key)]
    return f"{what} {', '.join(names)}" if names else what


def _canary_scale(value: Mapping[str, Any]) -> str:
    """Say what a setCanaryScale step scales to."""
    if "replicas" in value:
        count = value["replicas"]
        return f"scale canary to {count} {'pod' if count == 1 else 'pods'}"
    if "weight" in value:
        return f"scale canary to {value['weight']} %"
    return "scale canary with its weight"


def weight_after(steps: Sequence[Mapping[str, Any]], index: int) -> int:
    """Return the desired weight once the step at `index` (from 0) has run, in percent."""
    if index >= len(steps):
        return _FULL
    for step in reversed(steps[: index + 1]):
        if "setWeight" in step:
            return int(step["setWeight"] or 0)
    return 0


def bar(done: int, steps: int) -> str:
    """Draw the steps behind and ahead, one cell each up to ten: ▰▰▰▱▱▱."""
    if not steps:
        return ""
    cells = min(steps, _BAR_CELLS)
    filled = min(done, steps) * cells // steps
    return "▰" * filled + "▱" * (cells - filled)


def progress(
    rollout: JsonObject, position: Position | None, started: float | None, now: float
) -> JsonObject:
    """Return the `progress` variable.

    `position` is None where the message is about no step. Absent facts are "" or 0, so that
    a template can test them; `weight` is what the traffic router reports, else the desired weight.
    """
    status = rollout.get("status") or {}
    replicas = (rollout.get("spec") or {}).get("replicas")
    steps = steps_of(rollout)
    canary = "canary" in strategy(rollout)
    shown = position if steps else None
    result: JsonObject = {
        "strategy": "canary" if canary else "blue-green",
        "plan": plan(rollout),
        "steps": len(steps),
        "step": 0,
        "done": 0,
        "what": "",
        "bar": "",
        "weight": 0,
        "desiredWeight": 0,
        "available": int(status.get("availableReplicas") or 0),
        "replicas": 1 if replicas is None else int(replicas),
        "elapsed": durations.human(now - started) if started is not None else "",
        "startedAt": durations.rfc3339(started) if started is not None else "",
    }
    if shown is None:
        return result
    desired = weight_after(steps, shown.at)
    return result | {
        "step": shown.step,
        "done": shown.done,
        "what": describe(steps[shown.step - 1])[1] if 1 <= shown.step <= len(steps) else "",
        "bar": bar(shown.done, len(steps)),
        "weight": desired if shown.actual is None else shown.actual,
        "desiredWeight": desired,
    }


def routed_weight(status: Mapping[str, Any]) -> int | None:
    """Return the canary's weight as the traffic router has it, in percent; None without one."""
    weights = (status.get("canary") or {}).get("weights")
    return int((weights.get("canary") or {}).get("weight") or 0) if weights else None


def plan(rollout: JsonObject) -> str:
    """Say how the rollout goes about it: "canary, 6 steps", "blue-green, manual promotion"."""
    kinds = strategy(rollout)
    if "blueGreen" not in kinds:
        count = len(steps_of(rollout))
        if not count:
            return "canary without steps"
        return f"canary, {count} {'step' if count == 1 else 'steps'}"
    after = promotes_after(kinds["blueGreen"] or {})
    if after is None:
        return "blue-green, manual promotion"
    return "blue-green, auto-promotion" + (f" after {durations.human(after)}" if after else "")


def promotes_after(blue_green: Mapping[str, Any]) -> float | None:
    """Return the seconds after which a blue-green rollout promotes by itself; None: by hand."""
    after = durations.seconds(blue_green.get("autoPromotionSeconds"))
    if after:
        return after
    return None if blue_green.get("autoPromotionEnabled") is False else 0.0
