"""The daemon's settings: defaults, then file, then environment, then flags; later ones win.

Every source gives text; the type of the field in `core/settings.py` says how it is read. A value
that cannot be used is one `SettingsError` that names the source, the key, the value and the fix.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from notifier.cli import settings_values
from notifier.cli.settings_values import PREFIX, Given, SettingField
from notifier.core.errors import Problem, SettingsError
from notifier.core.retry import MAX_AGE_S
from notifier.core.settings import Settings

_NOT_SETTINGS = frozenset({"NOTIFIER_COMMIT"})  # what an image says of itself

# Kubernetes gives every pod variables of each Service of its namespace. A Service called
# `notifier-web` would otherwise set `web.port` to `tcp://10.0.0.1:8080`.
_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)$")
_ADDRESS = re.compile(r"^(tcp|udp|sctp)://")


def fields() -> Mapping[str, SettingField]:
    """Return every setting by its path, in the order of the dataclasses."""
    found: dict[str, SettingField] = {}
    defaults = Settings()
    for section, kind in typing.get_type_hints(Settings).items():
        for name, annotation in typing.get_type_hints(kind).items():
            default = getattr(getattr(defaults, section), name)
            field = SettingField(section, name, annotation, default)
            found[field.path] = field
    return found


def load(
    file: Path | None, environment: Mapping[str, str], flags: Mapping[str, str | Sequence[str]]
) -> tuple[Settings, Sequence[Problem]]:
    """Return the settings, and warnings about variables that set nothing.

    `flags` are values by path (`store.path`), as the command line gave them. Raises `SettingsError`
    for the first value or key that cannot be used (spec/operations.md 1).
    """
    known = fields()
    given: dict[str, Given] = {}
    if file is not None:
        given.update(_from_file(file, known))
    from_environment, warnings = _from_environment(environment, known)
    given.update(from_environment)
    for path, value in flags.items():
        source = Given(value, "command line", path)
        if path not in known:
            raise settings_values.unknown(source, path, known)
        given[path] = source
    values: dict[str, dict[str, Any]] = {}
    for path, source in given.items():
        field = known[path]
        values.setdefault(field.section, {})[field.name] = settings_values.read(source, field)
    settings = _build(values)
    _check_together(settings)
    return settings, warnings


def _build(values: Mapping[str, Mapping[str, Any]]) -> Settings:
    sections = {
        section: dataclasses.replace(getattr(Settings(), section), **given)
        for section, given in values.items()
    }
    return dataclasses.replace(Settings(), **sections)


def _check_together(settings: Settings) -> None:
    """Refuse values that are fine alone and harmful together."""
    delivery, store = settings.delivery, settings.store
    _check_replicas(settings)
    if delivery.lease_s <= delivery.timeout_s:
        raise Given(None, "settings", "delivery.lease_s").refuse(
            f"{delivery.lease_s:g} s is not longer than delivery.timeout_s"
            f" ({delivery.timeout_s:g} s), so attempts in flight would be sent twice",
            "set lease_s to at least twice timeout_s",
        )
    for kind in delivery.max_age_s:
        if kind not in MAX_AGE_S:
            raise Given(None, "settings", "delivery.max_age_s").refuse(
                f"{kind!r} is no kind of message", settings_values.nearest(kind, MAX_AGE_S)
            )
    greatest = max((dict(MAX_AGE_S) | dict(delivery.max_age_s)).values())
    if store.retention_days * 86_400 <= greatest:
        raise Given(None, "settings", "store.retention_days").refuse(
            f"{store.retention_days:g} days are not longer than the greatest maximum age"
            f" ({greatest:g} s), so a message could be sent twice",
            "keep deliveries longer than delivery.max_age_s lets them wait",
        )


def _check_replicas(settings: Settings) -> None:
    """Refuse a store nobody can find, and times with which two replicas would observe."""
    store, election = settings.store, settings.election
    if store.type == "postgres" and not store.url.startswith(("postgresql://", "postgres://")):
        raise Given(None, "settings", "store.url").refuse(
            "not the URL of a PostgreSQL database",
            "write postgresql://user@host:5432/name, the password in store.password_file",
        )
    if not election.retry_s * 2 <= election.renew_s < election.duration_s:
        raise Given(None, "settings", "election.renew_s").refuse(
            f"{election.renew_s:g} s is not between twice election.retry_s"
            f" ({election.retry_s:g} s) and election.duration_s ({election.duration_s:g} s)",
            "keep the proportions of the defaults: 2, 10 and 15 s",
        )


# --- sources ----------------------------------------------------------------------------------


def _from_file(file: Path, known: Mapping[str, SettingField]) -> Mapping[str, Given]:
    document = str(file)
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise Given(None, document, "").refuse(reason, "check the path and its rights") from err
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        raise _not_yaml(document, err) from err
    given: dict[str, Given] = {}
    for section, section_node in _items(root, document, ""):
        names = {field.section for field in known.values()}
        if section.value not in names:
            raise settings_values.unknown(section, section.value, names)
        for name, node in _items(section_node, document, section.value):
            path = f"{section.value}.{name.value}"
            if path not in known:
                raise settings_values.unknown(dataclasses.replace(name, key=path), path, known)
            if not _is_null(node):  # `key:` without a value leaves the default
                given[path] = dataclasses.replace(name, key=path, value=_plain(node, name))
    return given


def _items(node: yaml.Node | None, document: str, key: str) -> Sequence[tuple[Given, yaml.Node]]:
    """Return key and value nodes of a mapping; nothing for an empty one."""
    if node is None or _is_null(node):
        return []
    here = _at(node, document, key)
    if not isinstance(node, yaml.MappingNode):
        raise here.refuse(
            "a mapping is expected here", "write `section:` and the settings indented below it"
        )
    return [(_at(name, document, key, name.value), value) for name, value in node.value]


def _at(node: yaml.Node, document: str, key: str, value: Any = None) -> Given:
    mark = node.start_mark
    return Given(value, document, key or str(value or ""), mark.line + 1, mark.column + 1)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _plain(node: yaml.Node, source: Given) -> Any:
    """Return the node as texts, a list of texts or a mapping of texts."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(item, source) for item in node.value]
    return {_scalar(key, source): _scalar(item, source) for key, item in node.value}


def _scalar(node: yaml.Node, source: Given) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _at(node, source.document, str(source.value)).refuse(
            "nested deeper than any setting is", "give plain values"
        )
    return str(node.value)


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, SettingField]
) -> tuple[Mapping[str, Given], Sequence[Problem]]:
    by_variable = {field.variable: path for path, field in known.items()}
    given: dict[str, Given] = {}
    warnings: list[Problem] = []
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS or _ADDRESS.match(value):
            continue
        if variable in by_variable:
            given[by_variable[variable]] = Given(value, "environment", variable)
        elif not _SERVICE_LINK.search(variable):
            warnings.append(
                Problem(
                    document="environment",
                    key=variable,
                    message="no such setting, ignored",
                    fix=settings_values.nearest(variable, by_variable),
                    severity="warning",
                )
            )
    return given, warnings


def _not_yaml(document: str, err: Exception) -> SettingsError:
    mark = getattr(err, "problem_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    message = getattr(err, "problem", None) or str(err)
    return Given(None, document, "", *place).refuse(
        f"not readable as YAML: {message}", "check indentation and quotes at this place"
    )
