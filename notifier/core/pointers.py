"""What a message points to: links of the central context, and commands that make sense now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from notifier.core.model import JsonObject

_URL: Final = "Url"


def links(context: Mapping[str, Any]) -> list[JsonObject]:
    """Return a link per `…Url` entry of the central context: `runbookUrl` becomes "runbook"."""
    return [
        {"name": key[: -len(_URL)] or "link", "url": str(value)}
        for key, value in sorted(context.items())
        if key.endswith(_URL) and value
    ]


def commands(name: str, namespace: str, analysis: JsonObject, stable: str) -> JsonObject:
    """Return complete commands, ready to be pasted; "" where a part is not known.

    Names of Kubernetes objects need no quoting in a shell.
    """
    plugin, where = "kubectl argo rollouts", f"{name} -n {namespace}"
    run = analysis["run"]
    run_namespace = analysis["namespace"] or namespace
    job = next((one["job"] for one in analysis["failed"] + analysis["errors"] if one["job"]), "")
    return {
        "get": f"{plugin} get rollout {where}",
        "promote": f"{plugin} promote {where}",
        "promoteFull": f"{plugin} promote {where} --full",
        "abort": f"{plugin} abort {where}",
        "retry": f"{plugin} retry rollout {where}",
        "undo": f"{plugin} undo {where}" + (f" --to-revision={stable}" if stable else ""),
        "run": f"kubectl describe analysisrun {run} -n {run_namespace}" if run else "",
        "logs": f"kubectl logs job/{job} -n {run_namespace}" if job else "",
    }
