"""The Dockerfile, read as instructions, and its build stage carried out without a container engine:
the same commands on other paths.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "Dockerfile"

NOBODY: Final = 65532
"""User and group of the image."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word, and the rest as one line."""

    word: str
    rest: str


def stages(text: str) -> Mapping[str, Sequence[Instruction]]:
    """Return the instructions of each stage by its name; those before the first by ''."""
    found: dict[str, list[Instruction]] = {"": []}
    stage = found[""]
    for one in _instructions(text):
        if one.word == "FROM":
            stage = found.setdefault(one.rest.rpartition(" AS ")[2], [])
        stage.append(one)
    return found


def _instructions(text: str) -> Iterator[Instruction]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield Instruction(word, re.sub(r"\s+", " ", rest).strip())


def environment(stage: Sequence[Instruction]) -> Mapping[str, str]:
    """Return what the stage sets with ENV, but for PATH."""
    pairs = " ".join(one.rest for one in stage if one.word == "ENV")
    return {k: v for k, v in re.findall(r"(\w+)=(\S+)", pairs) if k != "PATH"}


def python() -> Path:
    """Return an interpreter that the user of the image may run too, if it can be anyone."""
    own = Path(getattr(sys, "_base_executable", sys.executable))
    for candidate in (own, Path("/usr/bin/python3")):
        if may_run(candidate):
            return candidate
    return own


def may_run(program: Path) -> bool:
    """Say whether the user of the image could run a Python, and it is new enough."""
    command = [str(program), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, cwd="/", **identity())
    except PermissionError:
        return False
    return done.returncode == 0


def identity() -> dict[str, object]:
    """Return the arguments of `subprocess` that make a process nobody's; root alone can."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@dataclass
class Build:
    """The build stage below a folder. `tools` is an environment that has everything pinned: what
    the first RUN makes."""

    place: Path
    tools: Path
    epoch: int

    @property
    def prefix(self) -> Path:
        """What the image has as /opt/notifier."""
        return self._moved(Path("/opt/notifier"))

    @property
    def wheel(self) -> Path:
        """The wheel."""
        (one,) = self._moved(Path("/dist")).glob("*.whl")
        return one

    def carry_out(self, stage: Sequence[Instruction]) -> None:
        """Carry out COPY and RUN, in order, but for the RUN that makes the tools."""
        source = self._moved(Path("/src"))
        source.mkdir(parents=True)
        interpreters = self.place / "interpreters"
        interpreters.mkdir()
        (interpreters / "python").symlink_to(python())
        path = f"{interpreters}:{os.environ['PATH']}"
        variables = {**environment(stage), "SOURCE_DATE_EPOCH": str(self.epoch), "PATH": path}
        for one in stage:
            if one.word == "COPY":
                *names, target = one.rest.split()
                for name in names:
                    _copy(ROOT / name, source / target / (name if target == "./" else ""))
            elif one.word == "RUN" and "-m venv /tools" not in one.rest:
                self._run(one.rest, source, variables)

    def _run(self, command: str, cwd: Path, variables: Mapping[str, str]) -> None:
        for path in ("/src", "/dist", "/opt/notifier"):
            command = re.sub(rf"(?<![\w.]){path}\b", str(self._moved(Path(path))), command)
        command = command.replace("/tools/bin/", f"{self.tools}/bin/")
        done = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", command],
            cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def _moved(self, path: Path) -> Path:
        return self.place / path.relative_to("/")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        # As the engine: links stay links, and what .dockerignore names stays out.
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
