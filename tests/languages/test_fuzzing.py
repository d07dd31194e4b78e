"""A few seconds of coverage-guided fuzzing per language (`make fuzz` runs longer)."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("FUZZ_SECONDS", "8"))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python"
)
@pytest.mark.parametrize("language", ["gotmpl", "expr", "jinja"])
def test_nothing_breaks(language: str) -> None:
    """No exception outside the error tree, no hang, no memory blow-up, no changed data."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", language, str(SECONDS)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS + 110,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Done " in done.stderr
