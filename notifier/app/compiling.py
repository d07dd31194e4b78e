"""Configuration compiled as the daemon does it: the shipped catalogue, every type of service."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import resources

from notifier.core import catalogue, sealing
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
    secret_keys: Sequence[str] = (),
) -> Configuration:
    """Compile the operator's ConfigMap over the shipped catalogue, as the daemon does.

    With `strict`, a template that prints a missing value fails. `secret_keys` are the entries of
    the Secret that templates may print.
    """
    configuration = compile_configuration(
        config_map,
        secret,
        shipped(strict=strict),
        service_types(),
        document=document,
        cluster=cluster,
        previous=previous,
        languages=STRICT if strict else INSTALLED,
    )
    return sealing.listed(configuration, secret, secret_keys)
