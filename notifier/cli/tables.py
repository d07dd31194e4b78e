"""The generated tables of `docs/`: metrics, and options of the services, from what declares them.

`python -m notifier.cli.tables` rewrites them between their markers; a test compares. An option's
name, type and effect are found by asking the decoder itself; only its meaning is written here.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from notifier import services
from notifier.kube.statistics import WatchStatistics
from notifier.observability.metrics import Metrics
from notifier.services import TYPES, options, unavailable

REQUIRED: Final[Mapping[str, Mapping[str, Any]]] = {
    "slack": {"token": "x"},
    "webhook": {"url": "https://receiver.example/"},
    "email": {"host": "relay.example", "port": 25, "from": "notifier@mail.example"},
    "console": {},
}
"""The services that send, with the options each needs at least."""

COMMON: Final = (*options.TRANSPORT, *options.POOLING)

MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "": {
        "allowedRecipients": "patterns of recipients (`team-*`); others are refused",
        "exportTo": "list of `{name, namespaces, recipients}`: who else may use the service",
        "idleConnTimeout": "pooling is the daemon's own",
        "insecureSkipVerify": "do not check the receiver's certificate",
        "maxAge": "how long a message is worth sending, over the age of its kind",
        "maxConcurrency": "attempts at once; 0: no limit",
        "maxConnsPerHost": "as `maxConcurrency`: an attempt is a connection; the lesser counts",
        "maxIdleConns": "pooling is the daemon's own",
        "maxIdleConnsPerHost": "pooling is the daemon's own",
        "oauth2": "`clientId`, `clientSecretRef`, `tokenUrl`, `scopes`: a token by client"
        " credentials",
        "proxy": "URL of a proxy for this service; the environment's are never used",
        "rateLimit": "attempts per time, such as `5/s`, `30/m` or `100/h`",
        "timeout": "of one attempt, at most 5 min; else `delivery.timeout_s`",
        "tls": "`caRef` and `certRef` (`$key` of the Secret with PEM text), `serverName`",
    },
    "slack": {
        "apiURL": "base of the API; else `https://slack.com/api/`",
        "channels": "accepted for compatibility",
        "disableUnfurl": "no previews of links",
        "icon": "`:emoji:` or URL of a picture",
        "signingSecret": "accepted for compatibility",
        "token": "bot token; needs `chat:write`, `chat:write.customize` for a name or icon",
        "username": "name to send under",
    },
    "webhook": {
        "basicAuth": "`username`, `password`",
        "cloudEvents": "`none`, `binary` or `structured`: the event as a CloudEvent",
        "followRedirects": "how many redirects are followed; else none",
        "headers": "list of `name`, `value`",
        "retryMax": "how many of the first retries use the short waits; negative: one attempt",
        "retryWaitMax": "longest of the short waits",
        "retryWaitMin": "first of the short waits",
        "signing": "`secretRef`, `previousSecretRef`: a signature that the receiver can check"
        " (`webhook-signature`)",
        "url": "where to send",
    },
    "email": {
        "auth": "`auto`, `plain`, `login`, `cram-md5`, `xoauth2` or `none`",
        "from": "address of the sender",
        "host": "relay",
        "html": "the template's `body` is HTML",
        "insecure_skip_verify": "as `insecureSkipVerify`",
        "password": "of the login",
        "port": "465 is TLS from the start, others use STARTTLS",
        "tls": "`auto`, `starttls`, `implicit` or `none`; or a mapping with `mode` and the common"
        " fields",
        "username": "of the login",
    },
    "console": {},
}
"""What an option means, by service; the empty name holds those that several have."""

_WORD: Final = re.compile(r"[a-z]\w*")
_TYPES: Final = (
    ("true or false", "true or false"),
    ("a number is", "whole number"),
    ("no duration", 'duration (`"5s"`)'),
    ("a list of mappings", "list of mappings"),
    ("a list of texts", "list of texts"),
    ("a mapping is", "mapping"),
    ("a text is", "text"),
)
"""What the decoder says of a value that fits nowhere, and the type it wanted."""


def metrics() -> str:
    """Return the table of metrics."""
    lines = ["| Metric | Type | Labels | Meaning |", "| --- | --- | --- | --- |"]
    for name, kind, labels, meaning in sorted(_metrics()):
        shown = ", ".join(f"`{label}`" for label in labels) or "–"
        lines.append(f"| `{name}` | {kind} | {shown} | {meaning} |")
    return "\n".join(lines)


def _metrics() -> Iterator[tuple[str, str, Sequence[str], str]]:
    declared = Metrics()
    declared.observe_watches(WatchStatistics())
    for found in declared.registry.collect():
        if (names := declared.labels.get(found.name)) is None:
            names = getattr(found, "_labelnames", ())
        suffix = "_total" if found.type == "counter" else ""
        yield found.name + suffix, found.type, names, found.documentation


def services_options() -> str:
    """Return the tables of the services' options, one per service, then the common ones."""
    parts = []
    for kind in REQUIRED:
        own = {name: what for name, what in found(kind).items() if name not in COMMON}
        own |= {name: what for name, what in found(kind).items() if name in MEANINGS[kind]}
        own.pop("insecureSkipVerify", None)
        rows = [_row(kind, name, *what) for name, what in _ordered(kind, own)]
        head = f"#### `service.{kind}`\n"
        parts.append("\n".join([head, *_table(rows)]) if rows else f"{head}\nNo options.")
    parts.append(_common())
    others = ", ".join(f"`{name}`" for name in unavailable.TYPES)
    parts.append(
        "#### Not available yet\n\n"
        f"{others}: the configuration loads with a warning, and a message to such a service ends"
        " as `dead` with the reason `configuration`."
    )
    return "\n\n".join(parts)


def _ordered(
    kind: str, found: Mapping[str, tuple[str, str]]
) -> Iterable[tuple[str, tuple[str, str]]]:
    """Return required options first, then by name."""
    return sorted(found.items(), key=lambda item: (item[0] not in REQUIRED[kind], item[0]))


def _table(rows: Sequence[str]) -> Sequence[str]:
    return ["| Option | Type | Meaning |", "| --- | --- | --- |", *rows]


def _row(kind: str, name: str, form: str, effect: str) -> str:
    needed = " (required)" if name in REQUIRED[kind] else ""
    note = f" ({effect})" if effect else ""
    return f"| `{name}`{needed} | {form} | {MEANINGS[kind][name]}{note} |"


def _common() -> str:
    """Return the table of the options that several services have."""
    lines = ["#### Common options", ""]
    lines += ["| Option | Type | With effect in | Meaning |", "| --- | --- | --- | --- |"]
    network = [kind for kind in REQUIRED if kind != "console"]
    for name in sorted({*COMMON, "insecureSkipVerify"}):
        found_in = {kind: found(kind)[name] for kind in network if name in found(kind)}
        acting = [kind for kind, (form, effect) in found_in.items() if form != "–" and not effect]
        form = next((found_in[kind][0] for kind in acting), "–")
        where = ", ".join(acting) or "none yet"
        if name in options.POOLING:
            where = "none: accepted as they are"
        lines.append(f"| `{name}` | {form} | {where} | {MEANINGS[''][name]} |")
    return "\n".join(lines)


@cache
def found(kind: str) -> Mapping[str, tuple[str, str]]:
    """Return type and lack of effect of every option that a service's decoder knows, by name.

    Names match whatever their case: of several spellings, the one that has a meaning counts.
    """
    known = {name: what for name in _words() if (what := _asked(kind, name)) is not None}
    preferred = {*COMMON, *MEANINGS[""], *MEANINGS[kind]}
    spelled = {name.casefold(): name for name in sorted(known, key=lambda one: one in preferred)}
    return {name: known[name] for name in sorted(spelled.values())}


def _asked(kind: str, name: str) -> tuple[str, str] | None:
    """Give the decoder a value that fits no option; None if it knows none of this name."""
    try:
        _, warnings = TYPES[kind].options({**REQUIRED[kind], name: [[1]]})
    except ValueError as error:
        form = next((form for said, form in _TYPES if said in str(error)), "–")
        return form, "has no effect" if form == "mapping" and _idle(kind, name) else ""
    said = next((text for text in warnings if text.startswith(f"{name}: ")), "")
    if "unknown field" in said:
        return None
    return "–", said.removeprefix(f"{name}: ").partition(",")[0]


def _idle(kind: str, name: str) -> bool:
    """Say whether the decoder warns that a mapping under this name has no effect."""
    try:
        _, warnings = TYPES[kind].options({**REQUIRED[kind], name: {}})
    except ValueError:
        return False
    return f"{name}: has no effect" in warnings


@cache
def _words() -> Sequence[str]:
    """Return every text of the services' code that may name an option."""
    words: set[str] = set()
    for module in pkgutil.iter_modules(services.__path__, "notifier.services."):
        for node in ast.walk(ast.parse(inspect.getsource(import_module(module.name)))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(each for each in node.value.split() if _WORD.fullmatch(each))
    return sorted(words)


SECTIONS: Final = {
    "operating.md": {"metrics": metrics},
    "configuration.md": {"services": services_options},
}
"""The generated sections by page."""


def renewed(page: str, text: str) -> str:
    """Return the text of a page with its generated sections as they should be."""
    for name, table in SECTIONS[page].items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, rest = text.split(begin)
        _, tail = rest.split(end)
        text = f"{head}{begin}\n{table()}\n{end}{tail}"
    return text


if __name__ == "__main__":
    for page in SECTIONS:
        file = Path(__file__).parents[2] / "docs" / page
        file.write_text(renewed(page, file.read_text(encoding="utf-8")), encoding="utf-8")
