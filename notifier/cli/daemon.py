"""The daemon as the commands see it: its admin API."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import click

from notifier.cli.failures import Exit, Failure

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_SERVER = "http://127.0.0.1:8081"
_TIMEOUT_S = 10.0


def server_option(function: F) -> F:
    """Add `--server`."""
    return click.option(
        "--server",
        default=DEFAULT_SERVER,
        show_default=True,
        metavar="URL",
        help="Admin port of the daemon, usually through a port-forward.",
    )(function)


@dataclass(frozen=True, slots=True)
class Daemon:
    """The admin API at an address. Every method raises `Failure`."""

    server: str

    def get(self, path: str, query: Mapping[str, str | Sequence[str]] | None = None) -> Any:
        """Return the answer of a GET."""
        return self._ask("GET", path, query or {})

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the answer of a command."""
        return self._ask("POST", path, query or {})

    def _ask(self, method: str, path: str, query: Mapping[str, Any]) -> Any:
        url = self.server.rstrip("/") + path
        if query:
            url += "?" + urlencode(query, doseq=True)
        if not url.startswith(("http://", "https://")):
            raise Failure(f"--server {self.server}: not an http address", Exit.UNUSABLE)
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            url, method=method, headers={"X-Notifier-Command": "cli"} if method == "POST" else {}
        )
        # The admin port is on this machine: a proxy of the environment has no part in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as err:
            raise self._refused(err) from err
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise self._unreachable(err) from err

    def _refused(self, err: urllib.error.HTTPError) -> Failure:
        try:
            message = str(json.load(err)["error"])
        except (ValueError, KeyError, TypeError, OSError):
            return self._unreachable(err)
        return Failure(message, Exit.UNREACHABLE if err.code >= 500 else Exit.NO)

    def _unreachable(self, err: Exception) -> Failure:
        reason = getattr(err, "reason", None) or err
        return Failure(
            f"the daemon does not answer at {self.server}: {reason}\n"
            "Open its admin port and try again:\n"
            "  kubectl -n argo-rollouts port-forward deploy/notifier 8081\n"
            "or name another address with --server.",
            Exit.UNREACHABLE,
        )


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")
