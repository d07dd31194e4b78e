"""One list, page by page (W1, W2, W8)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from notifier.core.errors import ClusterError
from notifier.kube import decoding, faults
from notifier.kube.client import Client

PAGE: Final = 250
"""Objects of a page: 10,000 Rollouts at once stop the loop for seconds (reliability.md 4.1)."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list that shows the state at `version`; after a `first` one all begins anew."""

    items: Sequence[msgspec.Raw]
    version: str
    first: bool
    last: bool


async def pages(
    client: Client, path: str, params: Mapping[str, str], version: str
) -> AsyncGenerator[Page]:
    """Yield the pages of a list no older than `version`; `""` asks for the newest (quorum).

    If the token of a later page is refused as too old, the list is made once more, whole. Raises
    `ClusterError`.
    """
    query = {**params, "limit": str(PAGE)}
    if version:
        query |= {"resourceVersion": version, "resourceVersionMatch": "NotOlderThan"}
    first, more = True, ""
    while first or more:
        try:
            page, more = await _page(client, path, query, first=first)
        except faults.Expired:
            if first:
                raise
            first = True
            page, more = await _page(client, path, dict(params), first=True)
        yield page
        first = False
        query = {**params, "limit": str(PAGE), "continue": more}


async def _page(
    client: Client, path: str, query: Mapping[str, str], *, first: bool
) -> tuple[Page, str]:
    """Get one page and the token of the next."""
    body = await client.get(path, query)
    try:
        items, version, more = decoding.page(body)
    except decoding.Undecodable as err:
        raise ClusterError(f"GET {path}: not a list: {err}") from err
    return Page(items, version, first, not more), more
