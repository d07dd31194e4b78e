"""The built wheel, installed with hashes into a clean environment, without the source tree."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NINE = (
    "on-analysis-run-error", "on-analysis-run-failed", "on-analysis-run-running",
    "on-rollout-aborted", "on-rollout-completed", "on-rollout-paused",
    "on-rollout-step-completed", "on-rollout-updated", "on-scaling-replica-set",
)  # fmt: skip


def run(*command: str | Path, cwd: Path) -> str:
    """Run to the end and return standard output; a failure shows both streams."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it as the image does; return the `bin` directory."""
    place = tmp_path_factory.mktemp("wheel")
    python = Path(sys.executable)
    run(
        python,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        place / "dist",
        ROOT,
        cwd=ROOT,
    )
    (wheel,) = (place / "dist").glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements = place / "requirements.txt"
    requirements.write_text(f"rollout-notifier @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    run(python, "-m", "venv", "--without-pip", place / "env", cwd=place)
    run(
        python, "-m", "pip", "--python", place / "env" / "bin" / "python", "install", "--quiet",
        "--require-hashes", "--constraint", ROOT / "constraints.txt", "--requirement", requirements,
        cwd=place,
    )  # fmt: skip
    return place / "env" / "bin"


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestInstalledWheel:
    """What a user has after `pip install`."""

    def test_runs(self, installed: Path, tmp_path: Path) -> None:
        """The command starts and says which version it is."""
        from notifier.version import __version__

        assert __version__ in run(installed / "notifier", "version", cwd=tmp_path)

    def test_carries_the_catalogue(self, installed: Path, tmp_path: Path) -> None:
        """All nine triggers load from the wheel alone."""
        names = run(installed / "notifier", "catalogue", cwd=tmp_path)
        assert [name for name in NINE if name not in names] == []

    def test_renders_without_a_cluster(self, installed: Path, tmp_path: Path) -> None:
        """A message is rendered from what the wheel carries."""
        text = run(
            installed / "notifier", "render", "--trigger", "on-rollout-aborted", cwd=tmp_path
        )
        assert "aborted" in text

    def test_carries_no_tests_or_tools(self, installed: Path) -> None:
        """Only the package is installed, and no tool of ours."""
        (site,) = (installed.parent / "lib").glob("python*/site-packages")
        assert (site / "notifier").is_dir()
        assert not (site / "tests").exists()
        assert not (site / "pytest").exists()
