"""Sprig's functions on slash-separated paths; the `os…` names do the same, as on Linux."""

from __future__ import annotations

from notifier.languages.golang import runs
from notifier.languages.gotemplate.registry import register


@register(
    "string -> string", '{{base "charts/notifier"}}', "notifier", "base", "osBase", metered=True
)
def base(run: runs.Run, path: str) -> str:
    """Return the last element of the path, "." of an empty one."""
    run.text(len(path))
    stripped = path.rstrip("/")
    if not stripped:
        return "/" if path else "."
    return stripped[stripped.rfind("/") + 1 :]


@register("string -> string", '{{dir "charts/notifier"}}', "charts", "dir", "osDir", metered=True)
def dir_(run: runs.Run, path: str) -> str:
    """Return all but the last element of the path, cleaned."""
    return clean(run, path[: path.rfind("/") + 1])


@register("string -> string", '{{clean "a//b/../c/."}}', "a/c", "clean", "osClean", metered=True)
def clean(run: runs.Run, path: str) -> str:
    """Return the shortest path that leads to the same place."""
    run.text(len(path))
    rooted = path.startswith("/")
    kept: list[str] = []
    for element in path.split("/"):
        if element == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif element not in ("", ".") and not (rooted and element == ".."):
            kept.append(element)
    return ("/" if rooted else "") + "/".join(kept) or "."


@register("string -> string", '{{ext "values.yaml"}}', ".yaml", "ext", "osExt")
def ext(path: str) -> str:
    """Return the end of the path from the last dot of its last element on."""
    last = path[path.rfind("/") + 1 :]
    return last[last.rfind(".") :] if "." in last else ""


@register("string -> bool", '{{isAbs "/tmp"}}', "true", "isAbs", "osIsAbs")
def is_abs(path: str) -> bool:
    """Tell whether the path begins at the root."""
    return path.startswith("/")
