"""Where the API server is and how to prove who we are: read through kubernetes_asyncio, here alone.

The library reads files on the loop and takes a third of a second to import: all in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from notifier.core.errors import DETAIL_LIMIT, ClusterError
from notifier.core.secrets import Secret
from notifier.core.settings import ClusterSettings

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One reading of the credentials. `digest` changes with the bytes of the TLS files."""

    server: str
    authorization: Secret
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    renewed_by_plugin: bool = False
    """Reading starts a program (exec): then it is read again only when the server refuses it."""
    digest: bytes = b""

    def tls(self) -> ssl.SSLContext | None:
        """Return a context for the server, None for plain HTTP. Blocking.

        Raises `ClusterError` if a file cannot be used.
        """
        if not self.server.startswith("https"):
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, keyfile=self.key_file)
        except (OSError, ValueError) as err:  # ssl.SSLError is an OSError
            raise ClusterError(f"TLS files of the API server: {type(err).__name__}: {err}") from err
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


Loader = Callable[[], Awaitable[Access]]
"""Reads the credentials; raises `ClusterError`."""


def loader(settings: ClusterSettings, *, service_account: Path = SERVICE_ACCOUNT) -> Loader:
    """Return what reads the credentials: the kubeconfig named, else in-cluster, else the usual."""

    async def load() -> Access:
        in_cluster = not settings.kubeconfig and "KUBERNETES_SERVICE_HOST" in os.environ
        library = await asyncio.to_thread(_library)
        try:
            if in_cluster:
                return await asyncio.to_thread(_in_cluster, service_account)
            return await _kubeconfig(library, settings)
        except ClusterError:
            raise
        except library.failures as err:
            where = "in-cluster configuration" if in_cluster else _place(settings)
            raise ClusterError(f"{where} cannot be used: {_describe(err)}") from err

    return load


@dataclass(frozen=True, slots=True)
class _Library:
    """What we use of kubernetes_asyncio, imported when it is first needed."""

    configuration: Callable[[], Any]
    load_kube_config: Callable[..., Coroutine[Any, Any, Any]]
    failures: tuple[type[Exception], ...]


def _library() -> _Library:
    """Import the library, which takes a third of a second."""
    preload()
    import yaml
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config.config_exception import ConfigException
    from kubernetes_asyncio.config.kube_config import load_kube_config

    data = (AssertionError, AttributeError, KeyError, TypeError, ValueError, RuntimeError)
    failures = (ConfigException, OSError, yaml.YAMLError, *data)
    return _Library(Configuration, load_kube_config, failures)


def preload() -> None:
    """Import the client library: even in a thread that holds up the loop for some 60 ms.

    It looks for the user's home while it is imported. A container may run under any uid, without
    an entry in passwd and without `HOME`: then it gets the one that container runtimes give.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"
    import kubernetes_asyncio.config  # noqa: F401 - imported for its time


def _in_cluster(directory: Path) -> Access:
    """Read what the kubelet mounted."""
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config.incluster_config import InClusterConfigLoader

    found = Configuration()
    InClusterConfigLoader(
        token_filename=str(directory / "token"),
        cert_filename=str(directory / "ca.crt"),
        try_refresh_token=False,
    ).load_and_set(found)
    return _access(found)


async def _kubeconfig(library: _Library, settings: ClusterSettings) -> Access:
    """Read a kubeconfig; runs exec plugins and refreshes OIDC tokens where it says so."""
    if settings.kubeconfig and not await asyncio.to_thread(os.path.isfile, settings.kubeconfig):
        raise ClusterError(f"kubeconfig {settings.kubeconfig}: no such file")
    found = library.configuration()
    loading = library.load_kube_config(
        config_file=settings.kubeconfig or None,
        context=settings.context or None,
        client_configuration=found,
    )
    # A thread with a loop of its own: the coroutine reads and writes files without awaiting.
    used = await asyncio.to_thread(asyncio.run, loading)
    user = used._user  # the library itself reads it so to decide on refreshing
    renewed_by_plugin = bool(user) and "exec" in user
    return await asyncio.to_thread(_access, found, renewed_by_plugin=renewed_by_plugin)


def _access(found: Any, *, renewed_by_plugin: bool = False) -> Access:
    """Take what we use of the library's configuration."""
    authorization = " ".join(found.api_key.get("BearerToken", "").split())  # files end in newlines
    if authorization in {"Bearer", "Basic"}:
        raise ClusterError("the token is empty")
    files = (found.ssl_ca_cert, found.cert_file, found.key_file)
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(Path(file).read_bytes() if file else b"\0")
    return Access(
        server=found.host.rstrip("/"),
        authorization=Secret(authorization),
        ca_file=files[0],
        cert_file=files[1],
        key_file=files[2],
        verify=found.verify_ssl,
        server_name=found.tls_server_name,
        proxy=found.proxy,
        renewed_by_plugin=renewed_by_plugin,
        digest=digest.digest(),
    )


def _describe(err: BaseException) -> str:
    """Say what is wrong without quoting the file: its lines hold credentials."""
    mark = getattr(err, "problem_mark", None)
    if mark is not None:
        return f"not valid YAML at line {mark.line + 1}"
    if type(err).__name__ == "ConfigException":  # some of its texts quote a whole user after "in"
        return str(err).partition(" in ")[0][:DETAIL_LIMIT]
    if isinstance(err, OSError):
        return str(err)[:DETAIL_LIMIT]
    return f"not the form of a kubeconfig ({type(err).__name__})"


def _place(settings: ClusterSettings) -> str:
    """Name the kubeconfig."""
    return f"kubeconfig {settings.kubeconfig}" if settings.kubeconfig else "the usual kubeconfig"
