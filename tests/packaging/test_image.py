"""The image, as far as a machine without a container engine can tell: the steps of the Dockerfile
are carried out, and what they make runs as the image's user with a prefix that cannot be written.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.acceptance.harness import Daemon
from tests.emulator import Emulator
from tests.packaging import dockerfile

STAGES = dockerfile.stages(dockerfile.FILE.read_text())
EPOCH = 1_700_000_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="notifier-image-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def built(place: Path) -> dockerfile.Build:
    """The build stage, carried out; what it made cannot be written."""
    build = dockerfile.Build(place / "a", Path(sys.prefix), EPOCH)
    build.carry_out(STAGES["build"])
    for path in (build.prefix, *build.prefix.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return build


@pytest.fixture
def volume(place: Path) -> Iterator[Path]:
    """What the image has as /var/lib/notifier: of the user, for nobody else."""
    folder = Path(tempfile.mkdtemp(dir=place, prefix="volume-"))
    if os.geteuid() == 0:
        os.chown(folder, dockerfile.NOBODY, dockerfile.NOBODY)
    yield folder
    shutil.rmtree(folder)


def variables(build: dockerfile.Build, volume: Path) -> dict[str, str]:
    """Return the environment of the image, and nothing of ours."""
    given = dockerfile.environment(STAGES["run"])
    moved = {name: value.replace("/var/lib/notifier", str(volume)) for name, value in given.items()}
    return {**moved, "PATH": str(build.prefix / "bin"), "NOTIFIER_COMMIT": "0123abc"}


def run(build: dockerfile.Build, volume: Path, *arguments: str, program: str = "notifier") -> str:
    """Run a program of the image as its user; return standard output."""
    done = subprocess.run(
        [str(build.prefix / "bin" / program), *arguments], cwd="/",
        env=variables(build, volume), capture_output=True, text=True, check=False,
        **dockerfile.identity(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(build: dockerfile.Build, volume: Path, code: str, *arguments: str) -> str:
    """Run a line of Python as `run` does."""
    return run(build, volume, "-c", code, *arguments, program="python").strip()


def test_version(built: dockerfile.Build, volume: Path) -> None:
    """It knows its commit, and brings an SQLite without the fault in the WAL."""
    facts = json.loads(run(built, volume, "version", "-o", "json"))
    assert facts["commit"] == "0123abc"
    assert tuple(map(int, facts["sqlite"].split("."))) >= (3, 51, 3)


def test_demo(built: dockerfile.Build, volume: Path) -> None:
    """The whole daemon runs on its recordings, and leaves nothing on the volume."""
    assert "aborted" in run(built, volume, "demo", "--speed", "100")
    assert list(volume.iterdir()) == []


def test_only_the_volume_can_be_written(built: dockerfile.Build, volume: Path) -> None:
    """The user can write the volume, and nothing of the prefix."""
    code = "import os, sys; print(os.access(sys.prefix, os.W_OK), os.access(sys.argv[1], os.W_OK))"
    assert python(built, volume, code, str(volume)) == "False True"


def test_extras_are_there(built: dockerfile.Build, volume: Path) -> None:
    """What settings can switch on works in the image: the database driver, as compiled code, and
    what functions of templates need."""
    code = "import psycopg, bcrypt, cryptography; print(psycopg.pq.__impl__)"
    assert python(built, volume, code) == "binary"


async def test_daemon(built: dockerfile.Build, volume: Path, place: Path) -> None:
    """With the arguments of the chart it starts, is ready, stores on the volume and drains."""
    settings = place / "settings.yaml"
    settings.write_text(
        json.dumps(
            {
                "store": {"path": str(volume / "notifier.db")},
                "web": {"host": "127.0.0.1", "port": 0, "admin_port": 0},
            }
        )
    )
    log_file = place / "daemon.log"
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        kubeconfig = emulator.write_kubeconfig(place / "kubeconfig")
        kubeconfig.chmod(0o644)
        with log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                str(built.prefix / "bin" / "notifier"), "run", "--config", str(settings),
                "--kubeconfig", str(kubeconfig), cwd="/", stdout=log, stderr=log,
                env=variables(built, volume), **dockerfile.identity(),
            )  # fmt: skip
        daemon = Daemon(process, session, log_file, 0)
        try:
            await daemon.ready()
            assert (await daemon.get("/healthz"))[0] == 200
            await daemon.stop()
        finally:
            if not daemon.ended:
                await daemon.kill()
    assert (volume / "notifier.db").stat().st_size > 0


def test_same_commit_same_bytes(built: dockerfile.Build, place: Path) -> None:
    """Built again somewhere else and later, the wheel has the same bytes."""
    again = dockerfile.Build(place / "b", Path(sys.prefix), EPOCH)
    stage = [
        dockerfile.Instruction(one.word, one.rest.partition(" && wheel=")[0])
        for one in STAGES["build"]
        if "compileall" not in one.rest
    ]
    again.carry_out(stage)
    assert again.wheel.read_bytes() == built.wheel.read_bytes()


def test_compiled_files_depend_on_content_alone(built: dockerfile.Build) -> None:
    """No compiled file holds a time: bit 0 of its flags says that it is checked by hash, bit 1
    unset that nobody looks again."""
    files = list(built.prefix.rglob("*.pyc"))
    assert files
    assert {int.from_bytes(file.read_bytes()[4:8], "little") for file in files} == {0b01}
    sources = [*(built.prefix / "lib").rglob("notifier/**/*.py")]
    assert sources
    assert all(any(s.parent.glob(f"__pycache__/{s.stem}.*.pyc")) for s in sources)


def test_image_has_no_tools(built: dockerfile.Build) -> None:
    """Neither pip nor what builds or tests is installed."""
    (site,) = (built.prefix / "lib").glob("python*/site-packages")
    names = {path.name.partition("-")[0] for path in site.glob("*.dist-info")}
    assert "rollout_notifier" in names
    assert names & {"pip", "build", "hatchling", "pytest", "mypy", "ruff", "setuptools"} == set()


class TestText:
    """What only the text of the Dockerfile can tell."""

    def test_tools_are_installed_as_make_setup_does(self) -> None:
        """The one step that is not carried out here is what `make setup` did."""
        (step,) = [one.rest for one in STAGES["build"] if "-m venv /tools" in one.rest]
        install = "--no-deps --require-hashes -r constraints.txt"
        assert step == f"python -m venv /tools && /tools/bin/pip install {install}"
        assert install in (dockerfile.ROOT / "Makefile").read_text()

    @pytest.mark.parametrize("stage", ["build", "run"])
    def test_base_can_be_pinned(self, stage: str) -> None:
        """Both stages stand on one exact version, to which a digest can be added."""
        assert STAGES[stage][0].rest.startswith("${PYTHON_IMAGE}${PYTHON_DIGEST:+@")
        tag = next(one.rest for one in STAGES[""] if one.rest.startswith("PYTHON_IMAGE="))
        assert re.fullmatch(r"PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+", tag)

    def test_user_is_numeric_and_the_charts(self) -> None:
        """The user is not root, a number, and the one the chart sets."""
        assert self.words("USER") == [f"{dockerfile.NOBODY}:{dockerfile.NOBODY}"]
        values = (dockerfile.ROOT / "charts" / "notifier" / "values.yaml").read_text()
        assert f"runAsUser: {dockerfile.NOBODY}\n" in values

    def test_only_the_volume_is_writable(self) -> None:
        """One volume, which is also where temporary files go."""
        assert self.words("VOLUME") == ['["/var/lib/notifier"]']
        assert dockerfile.environment(STAGES["run"])["TMPDIR"] == "/var/lib/notifier"

    def test_nothing_secret_is_copied(self) -> None:
        """The context is a list of what goes in; all else stays out."""
        ignored = (dockerfile.ROOT / ".dockerignore").read_text().split()
        assert ignored[0] == "*"
        copied = {
            name for one in STAGES["build"] if one.word == "COPY" for name in one.rest.split()
        }
        assert {line[1:] for line in ignored if line.startswith("!")} == copied - {"./"}

    def words(self, word: str) -> Sequence[Any]:
        """Return the arguments of one kind of instruction of the last stage."""
        return [one.rest for one in STAGES["run"] if one.word == word]
