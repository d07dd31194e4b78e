"""Sprig's functions against Go: every table of `tables/`, one module per group of functions."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from notifier.languages import gotemplate

Render = Callable[..., str]

TABLES = sorted(file.stem for file in (Path(__file__).parent / "tables").glob("*.py"))


def rows(kind: str) -> list[Any]:
    """Return the rows of every table, named by it."""
    return [
        pytest.param(*row.values, id=f"{name}-{row.id}")
        for name in TABLES
        for row in getattr(_table(name), kind, ())
    ]


def _table(name: str) -> ModuleType:
    return importlib.import_module(f"tests.languages.gotemplate.sprig.tables.{name}")


@pytest.mark.parametrize(("template", "expected"), rows("PRINTED"))
def test_prints_what_go_prints(render: Render, template: str, expected: str) -> None:
    """The output is that of Sprig 3.3 under Go."""
    assert render(template) == expected


@pytest.mark.parametrize("template", rows("FAILING"))
def test_fails_where_go_fails(render: Render, template: str) -> None:
    """The rendering ends with an error."""
    with pytest.raises(gotemplate.ExecError):
        render(template)
