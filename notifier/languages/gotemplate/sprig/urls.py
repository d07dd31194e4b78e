"""Sprig's functions on URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.languages.golang import runs, values
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import addresses


@register(
    "string -> dict",
    '{{(urlParse "https://example.com:8443/a?q=1#top").hostname}}',
    "example.com",
    "urlParse",
    metered=True,
)
def url_parse(run: runs.Run, text: str) -> dict[str, Any]:
    """Return the parts of the URL: scheme, userinfo, host, hostname, path, query, fragment, opaque.
    Fails on a bad one."""
    run.text(3 * len(text))
    try:
        found = addresses.parse(text)
    except GoError as error:
        raise GoError(f"unable to parse url: {error}") from error
    return {
        "scheme": found.scheme,
        "host": found.host,
        "hostname": found.hostname,
        "path": found.path,
        "query": found.query,
        "opaque": found.opaque,
        "fragment": found.fragment,
        "userinfo": found.userinfo,
    }


@register(
    "dict -> string",
    '{{urlJoin (dict "scheme" "https" "host" "example.com" "path" "/a b")}}',
    "https://example.com/a%20b",
    "urlJoin",
    metered=True,
)
def url_join(run: runs.Run, parts: Mapping[str, Any]) -> str:
    """Return the URL of the parts that `urlParse` gives. Fails on parts that are no texts."""
    names = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
    found = {name: _part(parts, name) for name in names}
    run.text(3 * sum(map(len, found.values())))
    userinfo = found.pop("userinfo")
    user = addresses.parse(f"proto://{userinfo}@host").user if userinfo else ()
    return addresses.Address(**found, user=user).text()


def _part(parts: Mapping[str, Any], name: str) -> str:
    value = parts.get(name, "")
    if type(value) is not str:
        kind = values.kind(value)
        raise GoError(f"unable to parse {name} key, must be of type string, but {kind} found")
    return value
