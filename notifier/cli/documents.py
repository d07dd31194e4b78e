"""Files given to a command: ConfigMap and Secret picked from manifests, objects by their kind.

Keeps where each key of a ConfigMap stands, so that a fault inside its value is shown at its line of
the file (spec/operations.md 1).
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from notifier.core import yamltext
from notifier.core.errors import ConfigError, Problem
from notifier.core.settings import Settings
from notifier.core.yamlscan import Limits

EMPTY_SECRET: Final = ":empty"  # noqa: S105 - a word on the command line
"""`--secret :empty`: no Secret at all, as in the kubectl plugin."""

_MANIFEST: Final = Limits(size=16 * 1024 * 1024, depth=200, nodes=1_000_000)
"""Files are the user's own; the daemon's limits hold for the values inside."""

UPSTREAM_CONFIG_MAP: Final = "argo-rollouts-notification-configmap"
"""The ConfigMap that the sender built into Argo Rollouts reads."""
_UPSTREAM_SECRET: Final = "argo-rollouts-notification-secret"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of a key starts in a file; `indent` are the columns a block is moved by."""

    file: str
    place: yamltext.Place
    indent: int = 0

    def locate(self, problem: Problem) -> Problem:
        """Return a problem of the value as one of the file."""
        column = problem.column + self.indent if problem.line else self.place.column
        return dataclasses.replace(
            problem,
            document=self.file,
            line=self.place.line_of(problem.line),
            column=column if problem.column or not problem.line else 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object of a file, as plain values, with the places of its nodes."""

    file: str
    value: Mapping[str, Any]
    document: yamltext.Document
    path: yamltext.Path = ()
    text: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The object's kind. Excerpts of documentation often begin with `data:`: a ConfigMap."""
        if "kind" not in self.value and isinstance(self.value.get("data"), Mapping):
            return "ConfigMap"
        return str(self.value.get("kind") or "")

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        """The object's namespace, empty if it does not say."""
        return str(self.metadata.get("namespace") or "")

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The object's metadata; empty where there is none."""
        metadata = self.value.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    def origin(self, *path: str) -> Origin:
        """Return where the value at a path stands."""
        place = self.document.place(*self.path, *path)
        indent = place.column - 1
        if place.block:
            below = [line for line in self.text[place.line :] if line.strip()]
            indent = len(below[0]) - len(below[0].lstrip(" ")) if below else 0
        return Origin(self.file, place, indent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What files say of the notification configuration. `secret` None: no Secret was given."""

    data: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    secret: Mapping[str, bytes] | None = None
    secret_origins: Mapping[str, Origin] = field(default_factory=dict)
    name: str = ""
    named_at: Origin | None = None
    rollouts: Sequence[Manifest] = ()
    settings: Settings = field(default_factory=Settings)


def read_text(file: str) -> str:
    """Return the text of a file, `-` for standard input. Raises `ConfigError`."""
    try:
        if file == "-":
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as err:
        raise _unreadable(file, "not a text in UTF-8", "save it as UTF-8") from err
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise _unreadable(file, reason, "check the path and its rights") from err


def manifests(file: str) -> Sequence[Manifest]:
    """Return the objects of a YAML or JSON file; lists are opened. Raises `ConfigError`."""
    text = read_text(file)
    try:
        documents = yamltext.read_all(text, _MANIFEST)
    except ConfigError as err:
        raise ConfigError(dataclasses.replace(err.problem, document=file)) from err
    lines = text.splitlines()
    found: list[Manifest] = []
    for document in documents:
        if document.value is None:
            continue
        if not isinstance(document.value, Mapping):
            raise _unreadable(file, "not a Kubernetes object", "give manifests with a `kind`")
        whole = Manifest(file=file, value=document.value, document=document, text=lines)
        found += _opened(whole)
    return found


def _opened(whole: Manifest) -> Sequence[Manifest]:
    items = whole.value.get("items")
    if not whole.kind.endswith("List") or not isinstance(items, list):
        return [whole]
    return [
        dataclasses.replace(whole, value=item, path=("items", at))
        for at, item in enumerate(items)
        if isinstance(item, Mapping)
    ]


def configured(
    files: Iterable[str],
    *,
    secret: str = "",
    config_map: str,
    secret_name: str,
    namespace: str = "",
) -> Configured:
    """Pick ConfigMap and Secret from files, later ones over earlier ones, key by key.

    With several ConfigMaps the one called `config_map` counts, then the one upstream reads.
    `secret` is a file of its own, `:empty` none at all. With `namespace`, objects that say another
    one are left out. Raises `ConfigError`.
    """
    given = list(files)
    found = [manifest for file in given for manifest in manifests(file)]
    if namespace:
        found = list(_of_namespace(found, namespace))
    maps = _named(found, "ConfigMap", (config_map, UPSTREAM_CONFIG_MAP))
    if given and not maps:
        kinds = sorted({one.kind or "an object without kind" for one in found}) or ["nothing"]
        raise _unreadable(
            ", ".join(given),
            f"no ConfigMap, but {', '.join(kinds)}",
            "give the ConfigMap's manifest",
        )
    secrets = _named(found, "Secret", (secret_name, _UPSTREAM_SECRET))
    if secret and secret != EMPTY_SECRET:
        secrets = [one for one in manifests(secret) if one.kind == "Secret"]
        if not secrets:
            raise _unreadable(secret, "no Secret", "give the Secret's manifest")
    data: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for manifest in maps:
        for key, value in _entries(manifest, "data"):
            data[key] = value
            origins[key] = manifest.origin("data", key)
    return Configured(
        data=data,
        origins=origins,
        secret=_secret(secrets, empty=secret == EMPTY_SECRET),
        secret_origins={
            key: manifest.origin(section, key)
            for manifest in secrets
            for section in ("data", "stringData")
            for key, _ in _entries(manifest, section)
        },
        name=maps[-1].name if maps else "",
        named_at=maps[-1].origin("metadata", "name") if maps else None,
        rollouts=[one for one in found if one.kind == "Rollout"],
    )


def _of_namespace(found: Sequence[Manifest], namespace: str) -> Sequence[Manifest]:
    """Return the objects of a namespace, and those that name none."""
    own = [one for one in found if one.namespace in ("", namespace)]
    others = [
        one for one in found if one.kind == "ConfigMap" and one.namespace not in ("", namespace)
    ]
    elsewhere = ", ".join(sorted({one.namespace for one in others}))
    if others and not any(one.kind == "ConfigMap" for one in own):
        raise _misplaced(
            others[0],
            ("metadata", "namespace"),
            f"no ConfigMap of {namespace}, but of {elsewhere}",
            "name the namespace of the team",
        )
    return own


def _named(found: Sequence[Manifest], kind: str, names: Sequence[str]) -> Sequence[Manifest]:
    """Return the objects of the first name that occurs, or of the only name there is."""
    of_kind = [one for one in found if one.kind == kind]
    present = {one.name for one in of_kind}
    for name in names:
        if name in present:
            return [one for one in of_kind if one.name == name]
    if len(present) > 1:
        files = ", ".join(sorted({one.file for one in of_kind}))
        raise _unreadable(
            files,
            f"several objects of kind {kind}, none called {names[0]}: {', '.join(sorted(present))}",
            "give a file that holds only the one that is meant",
        )
    return of_kind


def _entries(manifest: Manifest, section: str) -> Iterable[tuple[str, str]]:
    """Yield the entries of `data` or `stringData`, which must be texts."""
    section_value = manifest.value.get(section)
    if section_value is None:
        return
    if not isinstance(section_value, Mapping):
        raise _misplaced(manifest, (section,), "a mapping is expected", "write one key per line")
    for key, value in section_value.items():
        if not isinstance(value, str):
            raise _misplaced(
                manifest,
                (section, key),
                "Kubernetes takes texts only here",
                "write `|` after the key and indent what is below it",
            )
        yield key, value


def _secret(secrets: Sequence[Manifest], *, empty: bool) -> Mapping[str, bytes] | None:
    if empty:
        return {}
    if not secrets:
        return None
    values: dict[str, bytes] = {}
    for manifest in secrets:
        for key, value in _entries(manifest, "data"):
            try:
                values[key] = base64.b64decode(value, validate=False)
            except (binascii.Error, ValueError) as err:
                raise _misplaced(
                    manifest, ("data", key), "not base64", "use stringData for plain text"
                ) from err
        values |= {key: value.encode() for key, value in _entries(manifest, "stringData")}
    return values


def objects(file: str, kind: str) -> Sequence[dict[str, Any]]:
    """Return the objects of a kind in a file. Raises `ConfigError` if there is none."""
    found = [dict(one.value) for one in manifests(file) if one.kind == kind]
    if not found:
        raise _unreadable(
            file, f"no {kind}", f"give the output of kubectl get {kind.lower()} -o yaml"
        )
    return found


def _unreadable(file: str, message: str, fix: str) -> ConfigError:
    return ConfigError(Problem(document=file, key="", message=message, fix=fix))


def _misplaced(manifest: Manifest, path: tuple[str, ...], message: str, fix: str) -> ConfigError:
    place = manifest.origin(*path).place
    return ConfigError(
        Problem(
            document=manifest.file,
            key=".".join((manifest.name, *path)),
            message=message,
            fix=fix,
            line=place.line,
            column=place.column,
        )
    )
