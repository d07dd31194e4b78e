"""Configuration compiled as the daemon does it: the shipped catalogue, every type of service."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources

from notifier.core import catalogue
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.service import ServiceType
from notifier.languages import INSTALLED, STRICT


@functools.cache
def service_types() -> Mapping[str, ServiceType]:
    """Return every type of service by its name."""
    from notifier.services import TYPES

    return TYPES


@functools.cache
def shipped(*, strict: bool = False) -> Configuration:
    """Return the catalogue, compiled."""
    files: dict[str, str] = {}
    for kind in ("triggers", "templates"):
        for item in resources.files("notifier._catalogue").joinpath(kind).iterdir():
            if item.name.endswith(catalogue.SUFFIX):
                files[f"{kind}/{item.name}"] = item.read_text(encoding="utf-8")
    return catalogue.load(files, service_types(), languages=STRICT if strict else INSTALLED)


def compile_central(
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes],
    previous: Configuration | None = None,
    *,
    document: str,
    cluster: str = "",
    strict: bool = False,
) -> Configuration:
    """Compile the operator's ConfigMap over the shipped catalogue, as the daemon does.

    With `strict`, a template that prints a missing value fails.
    """
    return compile_configuration(
        config_map,
        secret,
        shipped(strict=strict),
        service_types(),
        document=document,
        cluster=cluster,
        previous=previous,
        languages=STRICT if strict else INSTALLED,
    )
