"""Central services that others may use: which namespaces, under which name, for which recipients.

An export never shows the credential: a team names the service, we send (spec/configuration.md 9,
spec/security.md S12, S13).
"""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterable, Mapping
from typing import Final

from notifier.core.annotations import PREFIX
from notifier.core.compiling.services import ServiceSpec
from notifier.core.configuration import Configuration
from notifier.core.model import CENTRAL, Subscription
from notifier.core.service import Export, ServiceType

REFUSED: Final = "exportTo of the service does not name this namespace"


def granted(spec: ServiceSpec, subscription: Subscription, namespace: str) -> ServiceSpec | None:
    """Return a service as a subscription of a Rollout in that namespace may use it, None if it may
    not.

    Exports of a central service bind annotations; without any it is everybody's, within its own
    `allowedRecipients`. The operator's own subscriptions may use every service.
    """
    if not subscription.source.startswith(PREFIX) or spec.scope != CENTRAL:
        return spec
    return _annotated(spec, namespace)


def for_annotations(configuration: Configuration, namespace: str) -> Configuration:
    """Return the central configuration as annotations of Rollouts in a namespace find it: services
    that are exported to others only cannot be used."""
    given = {name: _annotated(spec, namespace) for name, spec in configuration.services.items()}
    refused = {name: REFUSED for name, spec in given.items() if spec is None}
    return dataclasses.replace(
        configuration,
        services={name: spec for name, spec in given.items() if spec is not None},
        broken_services={**configuration.broken_services, **refused},
    )


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


def _annotated(spec: ServiceSpec, namespace: str) -> ServiceSpec | None:
    """Return a central service within what it exports to a namespace, None if that is nothing."""
    if not spec.terms.exports:
        return spec
    found = [each for each in spec.terms.exports if _names(each, namespace)]
    return _limited(spec, found) if found else None


def _names(export: Export, namespace: str) -> bool:
    return any(fnmatch.fnmatchcase(namespace, pattern) for pattern in export.namespaces)


def _limited(spec: ServiceSpec, exports: Iterable[Export]) -> ServiceSpec:
    recipients = tuple(pattern for export in exports for pattern in export.recipients)
    options = dataclasses.replace(spec.options, exports=(), granted=recipients)
    return dataclasses.replace(spec, options=options)
