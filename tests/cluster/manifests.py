"""Manifests of the scenarios: small, quick, and the same name everywhere."""

from __future__ import annotations

from typing import Any

from tests.cluster.api import Object

NAME = "demo"
LABELS = {"app": NAME}

Steps = list[dict[str, Any]]

PAUSE: dict[str, Any] = {"pause": {}}


def weight(percent: int) -> dict[str, Any]:
    """Return a step that sets a weight."""
    return {"setWeight": percent}


def pause(seconds: int) -> dict[str, Any]:
    """Return a step that pauses for a time."""
    return {"pause": {"duration": f"{seconds}s"}}


def analyse(template: str) -> dict[str, Any]:
    """Return a step with an inline analysis."""
    return {"analysis": run_of(template)}


def run_of(template: str) -> dict[str, Any]:
    """Return what stands for one analysis wherever a Rollout asks for one."""
    return {"templates": [{"templateName": template}]}


def canary(
    steps: Steps | None = None, *, replicas: int = 1, strategy: Object | None = None, **spec: Any
) -> Object:
    """Return a canary. `strategy` adds to its strategy, `spec` to its spec."""
    whole = {"canary": {"steps": steps or [], **(strategy or {})}}
    return _rollout(whole, replicas, spec)


def blue_green(*, replicas: int = 1, strategy: Object | None = None, **spec: Any) -> Object:
    """Return a blue-green Rollout that keeps pods it needs no more for a second only."""
    names = {"activeService": "active", "previewService": "preview"}
    delays = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}
    whole = {"blueGreen": {**names, **delays, **(strategy or {})}}
    return _rollout(whole, replicas, spec)


def pods(image: str = "demo:v1", **annotations: str) -> Object:
    """Return a pod template; annotations such as `fake_ready` go to our kubelet."""
    wishes = {f"fake/{name.removeprefix('fake_')}": text for name, text in annotations.items()}
    container = {"name": "app", "image": image, "ports": [{"containerPort": 8080}]}
    return {
        "metadata": {"labels": LABELS, "annotations": wishes},
        "spec": {"containers": [container]},
    }


def deployment(image: str = "demo:v1") -> Object:
    """Return the workload that a `workloadRef` names, scaled to nothing."""
    spec = {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": pods(image)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME}, "spec": spec}


def services() -> list[Object]:
    """Return the services of a blue-green Rollout."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        for name in ("active", "preview")
    ]


def job(name: str, *, exit_code: int = 0, seconds: float = 0.5, **metric: Any) -> Object:
    """Return an analysis template whose metric is a Job that ends with this code."""
    wishes = {"fake/exit": str(exit_code), "fake/run": str(seconds)}
    container = {"name": "check", "image": "check:1"}
    template = {
        "metadata": {"annotations": wishes},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    provider = {"job": {"spec": {"backoffLimit": 0, "template": template}}}
    return analysis_template(name, {"name": "job", "provider": provider, **metric})


def web(name: str, url: str, **metric: Any) -> Object:
    """Return an analysis template that asks an HTTP server: above 0.8 is a success, below 0.3 a
    failure, the rest is inconclusive."""
    return analysis_template(
        name,
        {
            "name": "web",
            "successCondition": "result > 0.8",
            "failureCondition": "result < 0.3",
            "provider": {"web": {"url": url, "jsonPath": "{$.value}"}},
            "interval": "1s",
            "count": 1,
            **metric,
        },
    )


def analysis_template(name: str, *metrics: Object, **spec: Any) -> Object:
    """Return an analysis template with these metrics."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": name},
        "spec": {"metrics": [_given(metric) for metric in metrics], **spec},
    }


def _rollout(strategy: Object, replicas: int, spec: Object) -> Object:
    whole: Object = {
        "replicas": replicas,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": LABELS},
        "template": pods(),
        "strategy": strategy,
        **spec,
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": NAME, "labels": LABELS},
        "spec": _given(whole),
    }


def _given(fields: Object) -> Object:
    """Return the fields that have a value: None takes a default away."""
    return {key: value for key, value in fields.items() if value is not None}
