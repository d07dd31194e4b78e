"""`service.<type>[.<name>]`: options with the Secret's values in place (configuration.md 4)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.core import decoding, secrets
from notifier.core.compiling.reporting import Report
from notifier.core.service import DAEMON_TERMS, ServiceType, Terms
from notifier.core.yamltext import Path, Place

_FIELD: Final = re.compile(r"(\w+(?:\.\w+)*)(?:: )?(?:\[(\d+)\](?:\.(\w+))?)?: ")
"""How a decoder's text begins: `url: `, `oauth2.tokenUrl: `, `headers: [0].value: `."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A configured service. `options` is what its `ServiceType` decoded; never logged."""

    name: str
    type: ServiceType
    scope: str
    options: Any
    endpoint: str
    """Digest of resolved endpoint and credential: equal means the same receiver (spec 5.3)."""
    exported: bool = False
    """Whether it is the operator's, lent to this scope."""

    @property
    def terms(self) -> Terms:
        """How messages of this service are tried."""
        return self.options if isinstance(self.options, Terms) else DAEMON_TERMS


@dataclass(frozen=True, slots=True)
class Broken:
    """A service that cannot be used. A fault of the Secret leaves no former version in force."""

    reason: str
    secret: bool = False


def names(key: str) -> tuple[str, str] | None:
    """Return type and name of a service key; None if it has another number of dots."""
    parts = key.removeprefix("service.").split(".")
    if len(parts) > 2 or not all(parts):
        return None
    return parts[0], parts[-1]


def compile_service(
    key: str,
    report: Report,
    secret: Mapping[str, bytes],
    types: Mapping[str, ServiceType],
    *,
    scope: str,
    secret_name: str,
    used: set[str],
) -> ServiceSpec | Broken:
    """Compile the service in `report.yaml`; names of Secret entries it reads are added to
    `used`."""
    kind, name = names(key) or ("", "")
    if kind not in types:
        return _no_type(kind, report, types)
    raw = {} if report.yaml.value is None else report.yaml.value
    if not isinstance(raw, dict):
        report.error(f"a service is a mapping, this is {decoding.kind(raw)}")
        return Broken("its options are no mapping")
    substitution = secrets.substitute(raw, secret)
    used |= substitution.used
    if broken := _references(substitution, types[kind], report, secret_name):
        return broken
    try:
        options, warnings = types[kind].options(substitution.value)
    except ValueError as error:
        text = _redacted(str(error), secret, substitution.used)
        path, message = _field(text, raw)
        report.error(message, path, at=_place(path, text, raw, report))
        return Broken(text)
    for warning in warnings:
        text = _redacted(warning, secret, substitution.used)
        path, message = _field(text, raw)
        report.warning(message, path, at=_place(path, text, raw, report))
    return ServiceSpec(
        name=name,
        type=types[kind],
        scope=scope,
        options=options,
        endpoint=_digest(kind, substitution.value),
    )


def _no_type(kind: str, report: Report, types: Mapping[str, ServiceType]) -> Broken:
    """Report a type that is not there."""
    report.error(
        f"there is no service type {kind}",
        fix=decoding.did_you_mean(kind, types) or f"one of {', '.join(sorted(types))}",
    )
    return Broken(f"there is no service type {kind}")


def _references(
    substitution: secrets.Substitution, kind: ServiceType, report: Report, secret_name: str
) -> Broken | None:
    """Report what is wrong with references; say whether that disables the service."""
    reasons = list(substitution.errors)
    for missing in substitution.missing:
        path = missing.path
        message = f"{secret_name} has no key {missing.reference}"
        place = report.yaml.place(*(int(part) if part.isdecimal() else part for part in path))
        field = ".".join(path)
        if missing.guarded(kind.secret_fields):
            reasons.append(f"{message}, which {field} refers to")
        else:
            report.warning(f"{message}: ${missing.reference} stays as it is in {field}", at=place)
    for name in substitution.newlines:
        report.warning(
            f"{secret_name}: the key {name} ends in a newline, the usual cause of a rejected token",
            fix="create it with `printf %s`, or `kubectl create secret --from-literal`",
        )
    for reason in reasons:
        report.error(reason, fix=f"correct the key in {secret_name}, or the reference")
    return Broken("; ".join(reasons), secret=True) if reasons else None


def _redacted(text: str, secret: Mapping[str, bytes], used: frozenset[str]) -> str:
    """Take values of the Secret out of a decoder's text."""
    for name in used:
        value = secret[name].decode(errors="replace").strip()
        if value:
            text = text.replace(value, secrets.HIDDEN)
    return text


def _field(text: str, raw: Mapping[str, Any]) -> tuple[Path, str]:
    """Split a decoder's text into the option it begins with, as it is written, and the rest."""
    found = _FIELD.match(text)
    if found is None:
        return (), text
    dotted, at, below = found.groups()
    names: list[str | int] = [
        *dotted.split("."),
        *([int(at)] if at else ()),
        *filter(None, [below]),
    ]
    path: list[str | int] = []
    node: Any = raw
    for name in names:
        written = name
        if isinstance(node, dict) and isinstance(name, str):
            fold = name.casefold()
            written = next((key for key in node if str(key).casefold() == fold), name)
            node = node.get(written)
        elif isinstance(node, list) and isinstance(name, int):
            node = node[name] if name < len(node) else None
        path.append(written)
    return tuple(path), text[found.end() :]


def _place(path: Path, text: str, raw: Mapping[str, Any], report: Report) -> Place:
    """Return where the option stands that a decoder's text speaks of."""
    if path and path[0] in raw:
        return report.yaml.key_place(*path)
    words = text.replace(".", " ").replace(":", " ").replace("`", " ").split()
    folded = {word.casefold() for word in words}
    for name in raw:
        if name.casefold() in folded:
            return report.yaml.key_place(name)
    return report.yaml.place()


def _digest(kind: str, options: Any) -> str:
    """Hash type and resolved options."""
    data = json.dumps([kind, options], sort_keys=True, default=str).encode(errors="replace")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def duplicates(keys: Sequence[str]) -> dict[str, list[str]]:
    """Return the service names that more than one key gives, with those keys."""
    by_name: dict[str, list[str]] = {}
    for key in keys:
        if found := names(key):
            by_name.setdefault(found[1], []).append(key)
    return {name: given for name, given in by_name.items() if len(given) > 1}
