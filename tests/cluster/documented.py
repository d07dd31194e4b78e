"""What the pages tell people to type, and the blocks they show: taken out of them, so that a test
does what a reader does.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from tests.cluster.binaries import ROOT
from tests.cluster.control_plane import CONTROLLER_NAMESPACE
from tests.cluster.release import HELM, Release

_BLOCK = re.compile(r"^[ ]*```(\w+)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)

SUBSCRIBE = "notifications.argoproj.io/subscribe."

LIMIT_S = 90.0
"""For one command."""


class Page:
    """A page of the repository."""

    def __init__(self, name: str) -> None:
        self.name = name
        text = (ROOT / name).read_text(encoding="utf-8")
        self._blocks = [(kind, textwrap.dedent(block)) for kind, block in _BLOCK.findall(text)]

    def commands(self, *programs: str) -> list[str]:
        """Return the commands of the shell blocks in order; those that start one of these programs,
        if any are given."""
        lines = [
            line.strip()
            for kind, block in self._blocks
            if kind == "shell"
            for line in block.splitlines()
        ]
        return [line for line in lines if line and (not programs or line.split()[0] in programs)]

    def values(self) -> dict[str, Any]:
        """Return the block that calls itself values.yaml."""
        blocks = [b for kind, b in self._blocks if kind == "yaml" and b.startswith("# values.yaml")]
        found: dict[str, Any] = yaml.safe_load(blocks[0])
        return found

    def block(self, key: str) -> dict[str, Any]:
        """Return the first block that has this key."""
        whole = [yaml.safe_load(block) for kind, block in self._blocks if kind == "yaml"]
        found: dict[str, Any] = next(one for one in whole if key in one)
        return found

    def annotations(self) -> dict[str, str]:
        """Return the annotations that it shows for a Rollout."""
        whole = [yaml.safe_load(block) for kind, block in self._blocks if kind == "yaml"]
        found = [one["metadata"].get("annotations") for one in whole if "metadata" in one]
        return next((one for one in found if one), {})


def listeners(values: Mapping[str, Any], annotations: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return trigger and Slack channel of everything that is asked for."""
    found = set()
    for name, channel in annotations.items():
        trigger, _, service = name.removeprefix(SUBSCRIBE).rpartition(".")
        assert service == "slack"
        found.add((trigger, channel.lstrip("#")))
    for item in values.get("subscriptions", ()):
        for trigger in item["triggers"]:
            found |= {(trigger, one.removeprefix("slack:")) for one in item["recipients"]}
    return found


class Documented(Release):
    """The release as the pages install it: `notifier` in the namespace of the controller."""

    @property
    @override
    def namespace(self) -> str:
        """Beside the controller."""
        return CONTROLLER_NAMESPACE

    @property
    @override
    def account(self) -> str:
        """As the release."""
        return "notifier"

    @property
    @override
    def folder(self) -> Path:
        """Where a reader stands: a checkout with a values.yaml."""
        return self.plane.folder / self.name

    def prepare(self, values: Mapping[str, Any]) -> None:
        """Make the reader's folder."""
        self.folder.mkdir()
        (self.folder / "charts").symlink_to(ROOT / "charts")
        (self.folder / "values.yaml").write_text(yaml.safe_dump(dict(values)))
        home = self.folder / ".kube"
        home.mkdir()
        (home / "config").write_bytes(self.plane.kubeconfig.read_bytes())

    def environment(self) -> dict[str, str]:
        """Return the reader's environment: the programs on the path, the cluster in the home."""
        shims = self.folder / "bin"
        shims.mkdir(exist_ok=True)
        notifier = shims / "notifier"
        notifier.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m notifier "$@"\n')
        notifier.chmod(0o755)
        kubectl = self.plane.programs.kubectl
        path = f"{shims}:{kubectl.parent}:{HELM.parent}:{os.environ['PATH']}"
        return {"HOME": str(self.folder), "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    async def type(self, command: str, *more: str, answer: str = "") -> str:
        """Run a command as it stands on the page, with `more` behind it; return what it says. With
        an answer it stands before a terminal."""
        line = " ".join([command, *map(shlex.quote, more)])
        master, slave = os.openpty()
        os.write(master, answer.encode())
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", line),
            stdin=slave if answer else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment(),
        )
        try:
            out, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
        finally:
            os.close(master)
            os.close(slave)
        assert process.returncode == 0, f"{line}: {out.decode()}"
        return out.decode()
