"""The shipped triggers and templates: useful without any configuration. Pure.

One item per file; the file's name is the item's name. A trigger's file says which `transition` it
is for, what it sends and, if it wants, `when` and `oncePer`; that is one condition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from notifier.core import lifecycle, yamltext
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import ConfigError, Problem, TriggerError
from notifier.core.service import ServiceType
from notifier.languages import INSTALLED, Languages

DOCUMENT: Final = "catalogue"
TRIGGERS: Final = "triggers/"
TEMPLATES: Final = "templates/"
SUFFIX: Final = ".yaml"

FIELDS: Final = ("description", "transition", "send", "when", "oncePer")
"""Fields of a trigger's file; the first three are required."""


def load(
    files: Mapping[str, str],
    types: Mapping[str, ServiceType],
    *,
    languages: Languages = INSTALLED,
) -> Configuration:
    """Compile the catalogue: `files` maps `triggers/on-x.yaml`, `templates/x.yaml` to their text.

    Raises `TriggerError` if a trigger's file is no YAML or not of the form above; what does not
    compile is in `problems` of the result.
    """
    keys = {}
    for path, text in files.items():
        name = path.removesuffix(SUFFIX)
        if name.startswith(TRIGGERS):
            keys[f"trigger.{name.removeprefix(TRIGGERS)}"] = _conditions(path, text)
        elif name.startswith(TEMPLATES):
            keys[f"template.{name.removeprefix(TEMPLATES)}"] = text
    return compile_configuration(
        keys, {}, Configuration(), types, document=DOCUMENT, languages=languages
    )


def _conditions(path: str, text: str) -> str:
    """Return a trigger's file as the list of one condition that a ConfigMap would have."""
    name = path.removeprefix(TRIGGERS).removesuffix(SUFFIX)
    try:
        item = yamltext.read(text).value
    except ConfigError as error:
        problem = error.problem.within(document=path, key=f"trigger.{name}")
        raise TriggerError(problem) from error
    if not isinstance(item, dict):
        raise _wrong(path, name, "is no mapping")
    if unknown := set(item) - set(FIELDS):
        raise _wrong(path, name, f"has unknown fields: {', '.join(sorted(unknown))}")
    if missing := [field for field in FIELDS[:3] if not item.get(field)]:
        raise _wrong(path, name, f"lacks {', '.join(missing)}")
    if item["transition"] != name or name not in lifecycle.ALL:
        raise _wrong(path, name, f"{item['transition']} is no transition of this name")
    return json.dumps([{field: item[field] for field in item if field != "transition"}])


def _wrong(path: str, name: str, message: str) -> TriggerError:
    return TriggerError(Problem(document=path, key=f"trigger.{name}", message=message))
