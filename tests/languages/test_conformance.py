"""What the real engines make of thousands of texts, our interpreters make of them too.

The cases and what they mean are described beside them; classes are compared always, bytes where the
class is ok.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from notifier.languages import __main__ as entry
from notifier.languages import conformance
from notifier.languages.__main__ import RUNNERS

CASES = Path(__file__).parents[2].parent / "shared" / "conformance"
GROUPS = sorted(path.name.removesuffix(".jsonl.gz") for path in CASES.glob("*.jsonl.gz"))

pytestmark = pytest.mark.skipif(not GROUPS, reason="the cases are not beside this checkout")

DEVIATIONS: Final[Mapping[str, str]] = {}
"""Cases that differ on purpose, by id, with the reason that the specification gives."""


def cases(group: str) -> Iterator[dict[str, Any]]:
    """Yield the cases of a group with their data."""
    objects = json.loads((CASES / "objects.json").read_text())
    with gzip.open(CASES / f"{group}.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if "data_ref" in case:
                case["data"] = objects[case["data_ref"]]
            yield case


def same(expected: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Compare an answer; a run of replacement characters counts as one."""
    if answer["class"] != expected["class"]:
        return False
    if answer["class"] != "ok" or "out" not in expected:
        return True
    return folded(answer["out"]) == folded(expected["out"])


def folded(text: str) -> str:
    """Fold runs of replacement characters."""
    return re.sub("\N{REPLACEMENT CHARACTER}+", "\N{REPLACEMENT CHARACTER}", text)


@pytest.mark.parametrize("group", GROUPS)
def test_group(group: str) -> None:
    """Every case of a group but the listed deviations."""
    wrong = {}
    for case in cases(group):
        answer = RUNNERS[case["lang"]](case["text"], conformance.revive(case["data"]))
        if not same(case["expect"], answer):
            wrong[case["id"]] = (case["text"], case["expect"], answer)
    known = {name for name in DEVIATIONS if name.startswith(f"{group}-")}
    assert set(wrong) == known, "\n".join(map(str, list(wrong.items())[:20]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a }}", {"class": "ok", "out": "x"}),
        ("{{ a", {"class": "parse"}),
        ("{{ a + 1 }}", {"class": "exec"}),
    ],
)
def test_jinja_has_the_same_classes(text: str, expected: Mapping[str, str]) -> None:
    """Our own language answers as the foreign ones do."""
    assert conformance.run_jinja(text, {"a": "x"}) == expected


def test_lines_in_lines_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that is no request is told, and the others are answered."""
    lines = '{"id": "a", "lang": "expr", "text": "1 + 1", "data": {}}\n[]\n'
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert entry.main() == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"id": "a", "class": "ok", "out": "2"}
    assert shown.err.startswith("not a request (TypeError")


def test_the_entry_point_answers_line_by_line() -> None:
    """As a process: every request is answered, one that is none is told and costs the exit code."""
    requests = [
        {"id": 1, "lang": "gotmpl", "text": "{{ .a }}", "data": {"a": 1000000}},
        {"id": 2, "lang": "expr", "text": "a + 1", "data": {"a": 1}},
        {"id": 3, "lang": "jinja", "text": "{{ a }}", "data": {"a": "x"}},
        {"id": 4, "lang": "gotmpl", "text": "{{ nothing }}", "data": None},
        {"id": 5, "lang": "expr", "text": "a.b.c", "data": {}},
        {"id": 6, "lang": "perl", "text": "", "data": {}},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "notifier.languages"],
        input="".join(json.dumps(each) + "\n" for each in requests) + "no JSON\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [
        {"id": 1, "class": "ok", "out": "1e+06"},
        {"id": 2, "class": "ok", "out": "2"},
        {"id": 3, "class": "ok", "out": "x"},
        {"id": 4, "class": "parse"},
        {"id": 5, "class": "exec"},
    ]
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
