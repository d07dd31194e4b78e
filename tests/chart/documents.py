"""What is made from other files: the table of values in the chart's README, the part of the schema
that tells settings apart, the snapshots. `python -m tests.chart.documents` renews all of it.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from notifier.core.settings import Settings
from tests.chart import rendering

README: Final = rendering.CHART / "README.md"
SCHEMA: Final = rendering.CHART / "values.schema.json"
VALUES: Final = rendering.CHART / "values.yaml"
SNAPSHOTS: Final = Path(__file__).parent / "snapshots"
BEGIN, END = "<!-- values:begin -->", "<!-- values:end -->"

MARK: Final = "# -- "


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """One row of the table; `meaning` is empty where no line `# -- ` stands above the key."""

    path: str
    default: Any
    meaning: str


# --- the table of values --------------------------------------------------------------------------


def values() -> Sequence[Value]:
    """Return every value that has a meaning, and every one without below none that has."""
    text = VALUES.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    return list(_values(root, yaml.safe_load(text), text.splitlines(), ""))


def _values(
    node: yaml.MappingNode, plain: Mapping[str, Any], lines: Sequence[str], above: str
) -> Iterator[Value]:
    for key, item in node.value:
        path, default = f"{above}{key.value}", plain[key.value]
        before = lines[key.start_mark.line - 1].strip()
        meaning = before.removeprefix(MARK) if before.startswith(MARK) else ""
        if meaning or not (isinstance(item, yaml.MappingNode) and item.value):
            yield Value(path, default, meaning)
        else:
            yield from _values(item, default, lines, f"{path}.")


def table() -> str:
    """Return the table of the README."""
    rows = [f"| `{v.path}` | `{json.dumps(v.default)}` | {_cell(v.meaning)} |" for v in values()]
    return "\n".join(["| Value | Default | Meaning |", "| --- | --- | --- |", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def readme(text: str) -> str:
    """Return the README with the table as it should be."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


# --- the schema of settings -----------------------------------------------------------------------


def schema(text: str) -> str:
    """Return the schema with `config` as the daemon's settings are."""
    whole = json.loads(text)
    whole["properties"]["config"] = config()
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def config() -> Mapping[str, Any]:
    """Return the schema of the settings, from their dataclasses."""
    sections = typing.get_type_hints(Settings).items()
    return _closed({name: _section(kind) for name, kind in sections})


def _section(kind: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind).items()
    return _closed({name: _setting(annotation) for name, annotation in hints})


def _closed(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def _setting(annotation: Any) -> Mapping[str, Any]:
    """Return what a setting of this type may be in YAML."""
    if typing.get_origin(annotation) is typing.Literal:
        return {"enum": list(typing.get_args(annotation))}
    if typing.get_origin(annotation) is tuple:
        return {"type": "array", "items": {"type": ["string", "integer"]}}
    if typing.get_origin(annotation) is not None:
        return {"type": "object", "additionalProperties": {"type": "number"}}
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": names[annotation]}


# --- snapshots ------------------------------------------------------------------------------------


def defaults() -> str:
    """Return all objects that no value at all gives, as YAML."""
    return yaml.safe_dump_all(rendering.objects({}), sort_keys=False)


def rights() -> str:
    """Return, for each file of `ci/`, what the daemon may do: by place a line for each rule."""
    found = {file.name: granted(rendering.scenario(file)) for file in rendering.SCENARIOS}
    return yaml.safe_dump(found, width=200)


def granted(objects: Sequence[rendering.Object]) -> Mapping[str, Sequence[str]]:
    """Return the rules that are bound, by namespace (`*`: everywhere)."""
    roles = {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one["rules"]
        for one in objects
        if one["kind"] in {"Role", "ClusterRole"}
    }
    found: dict[str, list[str]] = {}
    for one in objects:
        if not one["kind"].endswith("RoleBinding"):
            continue
        reference, place = one["roleRef"], one["metadata"].get("namespace", "")
        at_home = place if reference["kind"] == "Role" else ""
        rules = roles[reference["kind"], at_home, reference["name"]]
        found.setdefault(place or "*", []).extend(map(_line, rules))
    return {place: sorted(lines) for place, lines in sorted(found.items())}


def _line(rule: Mapping[str, Sequence[str]]) -> str:
    names = f" called {', '.join(rule['resourceNames'])}" if "resourceNames" in rule else ""
    what = ", ".join(
        f"{resource}.{group}".rstrip(".")
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    )
    return f"{' '.join(rule['verbs'])}: {what}{names}"


def main() -> None:
    """Renew every file."""
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema(SCHEMA.read_text(encoding="utf-8")), encoding="utf-8")
    SNAPSHOTS.mkdir(exist_ok=True)
    (SNAPSHOTS / "defaults.yaml").write_text(defaults(), encoding="utf-8")
    (SNAPSHOTS / "rights.yaml").write_text(rights(), encoding="utf-8")


if __name__ == "__main__":
    main()
