"""Kubeconfigs and service accounts, good and bad."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.core.errors import ClusterError
from notifier.core.settings import ClusterSettings
from notifier.kube.credentials import Access, loader


def kubeconfig(path: Path, *, user: Any = None, **cluster: Any) -> Path:
    """Write a kubeconfig with two contexts."""
    content = {
        "current-context": "one",
        "clusters": [
            {"name": "one", "cluster": {"server": "https://one.example:6443/", **cluster}},
            {"name": "two", "cluster": {"server": "http://two.example"}},
        ],
        "users": [{"name": "user", "user": user or {"token": "canary"}}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": "user"}} for name in ("one", "two")
        ],
    }
    path.write_text(yaml.safe_dump(content))
    return path


async def read(path: Path, context: str = "") -> Access:
    """Load a kubeconfig."""
    return await loader(ClusterSettings(kubeconfig=str(path), context=context))()


async def test_a_kubeconfig_gives_server_and_token(tmp_path: Path) -> None:
    """The current context's; the token is hidden from every repr."""
    access = await read(kubeconfig(tmp_path / "config"))
    assert access.server == "https://one.example:6443"
    assert access.authorization.reveal() == "Bearer canary"
    assert "canary" not in repr(access)


async def test_a_context_may_be_named(tmp_path: Path) -> None:
    """The setting wins over `current-context`; plain HTTP needs no TLS context."""
    access = await read(kubeconfig(tmp_path / "config"), context="two")
    assert access.server == "http://two.example"
    assert access.tls() is None


async def test_a_token_file_is_stripped(tmp_path: Path) -> None:
    """Its final newline belongs to no header."""
    (tmp_path / "token").write_text("canary\n")
    access = await read(
        kubeconfig(tmp_path / "config", user={"tokenFile": str(tmp_path / "token")})
    )
    assert access.authorization.reveal() == "Bearer canary"


async def test_user_and_password_become_basic_authentication(tmp_path: Path) -> None:
    """As the library does it."""
    access = await read(kubeconfig(tmp_path / "config", user={"username": "u", "password": "p"}))
    assert access.authorization.reveal() == "Basic " + base64.b64encode(b"u:p").decode()


async def test_an_exec_plugin_is_run(tmp_path: Path) -> None:
    """Its token is used, and it is run again only when the server refuses the token."""
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin"},
    }
    plugin = {
        "command": sys.executable,
        "apiVersion": "client.authentication.k8s.io/v1",
        "args": ["-c", f"print({json.dumps(json.dumps(answer))})"],
    }
    access = await read(kubeconfig(tmp_path / "config", user={"exec": plugin}))
    assert access.authorization.reveal() == "Bearer from-plugin"
    assert access.renewed_by_plugin


async def test_the_digest_follows_the_bytes_of_the_authority(tmp_path: Path) -> None:
    """A changed CA file changes the digest, so that TLS is set up anew (W22)."""
    authority = tmp_path / "ca.crt"
    authority.write_text("one")
    config = kubeconfig(tmp_path / "config", **{"certificate-authority": str(authority)})
    first = await read(config)
    assert (await read(config)).digest == first.digest
    authority.write_text("two")
    assert (await read(config)).digest != first.digest
    with pytest.raises(ClusterError, match="TLS files"):
        first.tls()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the form of a kubeconfig"),
        ("users: [canary\n: :", "not valid YAML at line 2"),
        ("[canary]", "not the form of a kubeconfig"),
        ("clusters: []\ncontexts: []\nusers: []\n", "Expected key current-context"),
        (
            (
                "current-context: a\nclusters: []\nusers:\n- name: u\n  user: {token: canary}\n"
                "contexts:\n- name: a\n  context: {user: u, canary: canary}\n"
            ),
            "Expected key cluster",
        ),
        (
            "current-context: a\nclusters: []\ncontexts: []\nusers: []\n",
            "Expected object with name a",
        ),
    ],
    ids=["empty", "yaml", "list", "no context", "no cluster", "no such context"],
)
async def test_a_broken_kubeconfig_is_one_error_without_its_content(
    tmp_path: Path, text: str, says: str
) -> None:
    """The file and what is missing are named; nothing of the file is quoted."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ClusterError) as caught:
        await read(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_a_pod_without_a_token_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In-cluster without a token file: named as such."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    load = loader(ClusterSettings(), service_account=tmp_path)
    with pytest.raises(
        ClusterError, match="in-cluster configuration cannot be used: Service token"
    ):
        await load()
    (tmp_path / "token").write_text("\n")
    (tmp_path / "ca.crt").write_text("ca")
    with pytest.raises(ClusterError, match="the token is empty"):
        await load()
    (tmp_path / "token").write_text("canary\n")
    assert (await load()).server == "https://[fd00::1]:443"
    assert (await load()).authorization.reveal() == "Bearer canary"
