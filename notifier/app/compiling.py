"""Configuration compiled as the daemon does it: the shipped catalogue, every type of service."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from importlib import resources

from notifier.app import resolving
from notifier.core import catalogue, sealing
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import Problem, SettingsError
from notifier.core.service import ServiceType
from notifier.languages import INSTALLED, STRICT, LanguageError, Languages, adapters


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
    return catalogue.load(files, service_types(), languages=languages(strict=strict))


@functools.cache
def languages(*, strict: bool = False, allow_functions: tuple[str, ...] = ()) -> Languages:
    """Return the languages of central configuration; `allow_functions` are those that are off
    otherwise. Raises `SettingsError` for one that cannot be allowed."""
    chosen = STRICT if strict else INSTALLED
    if not allow_functions:
        return chosen
    try:
        go = adapters.Go(allowed=allow_functions, resolve=resolving.addresses)
    except LanguageError as error:
        raise SettingsError(
            Problem(
                document="settings",
                key="templates.allow_functions",
                message=error.message,
                fix=error.hint,
            )
        ) from error
    return dataclasses.replace(chosen, templates={**chosen.templates, go.name: go})


def compile_central(
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes],
    previous: Configuration | None = None,
    *,
    document: str,
    cluster: str = "",
    strict: bool = False,
    secret_keys: Sequence[str] = (),
    allow_functions: tuple[str, ...] = (),
) -> Configuration:
    """Compile the operator's ConfigMap over the shipped catalogue, as the daemon does.

    With `strict`, a template that prints a missing value fails. `secret_keys` are the entries of
    the Secret that templates may print, `allow_functions` the functions that are off otherwise.
    Raises `SettingsError` for one that cannot be allowed.
    """
    configuration = compile_configuration(
        config_map,
        secret,
        shipped(strict=strict),
        service_types(),
        document=document,
        cluster=cluster,
        previous=previous,
        languages=languages(strict=strict, allow_functions=allow_functions),
    )
    return sealing.listed(configuration, secret, secret_keys)
