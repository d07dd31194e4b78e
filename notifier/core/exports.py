"""Central services that others may use: which namespaces, under which name, for which recipients.

An export never shows the credential: a team names the service, we send (spec/configuration.md 9,
spec/security.md S12, S13).
"""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterable, Mapping

from notifier.core.compiling.services import ServiceSpec
from notifier.core.service import Export, ServiceType


def granted(spec: ServiceSpec, namespace: str) -> ServiceSpec | None:
    """Return a central service as annotations in a namespace may use it; None if they may not.

    A service without exports is everybody's, within its own `allowedRecipients`.
    """
    exports = spec.terms.exports
    if not exports:
        return spec
    found = [each for each in exports if _names(each, namespace)]
    return _limited(spec, found) if found else None


def lent(
    services: Iterable[ServiceSpec], namespace: str, types: Mapping[str, ServiceType]
) -> dict[str, ServiceSpec]:
    """Return the central services that a team's configuration may use, by the names it calls them.

    `types` are the service types under the rules for teams.
    """
    found: dict[str, ServiceSpec] = {}
    for spec in services:
        by_name: dict[str, list[Export]] = {}
        for export in spec.terms.exports:
            if _names(export, namespace) and spec.type.name in types:
                by_name.setdefault(export.name or spec.name, []).append(export)
        for name, exports in by_name.items():
            found[name] = dataclasses.replace(
                _limited(spec, exports),
                name=name,
                scope=namespace,
                type=types[spec.type.name],
                exported=True,
            )
    return found


def _names(export: Export, namespace: str) -> bool:
    return any(fnmatch.fnmatchcase(namespace, pattern) for pattern in export.namespaces)


def _limited(spec: ServiceSpec, exports: Iterable[Export]) -> ServiceSpec:
    recipients = tuple(pattern for export in exports for pattern in export.recipients)
    options = dataclasses.replace(spec.options, exports=(), granted=recipients)
    return dataclasses.replace(spec, options=options)
