"""The pages say what the code does: generated tables, closed sets, links."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from notifier.cli import main, tables
from notifier.core.compiling import linting
from notifier.core.model import State
from notifier.engine.status import API_GRACE_S, Status
from notifier.web.public import PublicView, Readiness

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def page(name: str) -> str:
    """Return the text of a page of docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", tables.SECTIONS)
def test_generated_tables_are_up_to_date(name: str) -> None:
    """Else: `python -m notifier.cli.tables`."""
    assert "<!--" in page(name)
    assert tables.renewed(name, page(name)) == page(name)


@pytest.mark.parametrize("kind", tables.REQUIRED)
def test_every_option_has_a_meaning(kind: str) -> None:
    """What the decoder takes is described, and nothing else is."""
    common = {*tables.COMMON, "insecureSkipVerify"}
    assert set(tables.found(kind)) - common == set(tables.MEANINGS[kind]) - common
    assert common == set(tables.MEANINGS[""])


def test_asking_the_decoder_tells_options_apart() -> None:
    """The way the tables are made sees type, lack of effect, and names that are none."""
    assert tables.found("slack")["disableUnfurl"] == ("true or false", "")
    assert tables.found("slack")["channels"][1] == "has no effect"
    assert "retryMax" not in tables.found("slack")


def test_every_state_of_a_delivery_is_explained() -> None:
    """The table of docs/reliability.md has them all."""
    rows = [line for line in page("reliability.md").splitlines() if line.startswith("| `")]
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == {str(state) for state in State}


def statuses() -> dict[str, Status]:
    """Return a status for every reason not to be ready, by that reason."""
    return {
        "syncing 0/1": Status(synced={"rollouts": False}, started=True),
        "store": Status(started=True, store_faults={"commit": "full"}),
        "watch": Status(started=True, watch_failing_since={"rollouts": -API_GRACE_S - 1}),
        "draining": Status(started=True, draining=True),
    }


@pytest.mark.parametrize("reason", statuses())
def test_every_reason_not_to_be_ready_is_explained(reason: str) -> None:
    """The table of docs/operating.md has a row for each."""
    assert statuses()[reason].reason(0.0) == reason
    shown = reason.replace("0/1", "n/m")
    assert f"| `not ready: {shown}` |" in page("operating.md")
    assert shown.split()[0] in (Readiness.__doc__ or "") + (PublicView.__doc__ or "")


@pytest.mark.parametrize("key", [*linting.KEYS, *linting.PREFIXES])
def test_every_key_of_the_config_map_is_explained(key: str) -> None:
    """The table of docs/configuration.md has a row for each."""
    shown = key if not key.endswith(".") else f"{key}<"
    assert f"| `{shown}" in page("configuration.md")


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    """Files and headings that are linked exist."""
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        there = file.parent / path if path else file
        assert there.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {slug(title) for title in titles}, target


def slug(title: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_the_message_of_the_readme_is_a_real_one() -> None:
    """It is what `notifier render` prints."""
    shown = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    arguments = ["render", "--trigger", "on-rollout-aborted", "--cluster", "prod-eu", "-o", "json"]
    result = CliRunner().invoke(main, arguments)
    assert shown is not None
    body = yaml.safe_load(json.loads(result.stdout)["body"])
    assert body["message"].strip() == shown[1].strip()
