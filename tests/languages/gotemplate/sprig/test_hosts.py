"""Host names are looked up by the resolver of the run, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate import registry

Render = Callable[..., str]


def test_one_of_the_addresses(allowing: Render) -> None:
    """Each may come, by the chance of the run."""
    found = allowing("{{range until 9}}{{getHostByName `twins`}} {{end}}").split()
    assert set(found) == {"10.0.0.1", "10.0.0.2"}


def test_a_host_without_address(allowing: Render) -> None:
    """The error names the host."""
    with pytest.raises(gotemplate.ExecError, match=r"no address found for host no\.such"):
        allowing('{{getHostByName "no.such"}}')


def test_without_a_resolver() -> None:
    """Nothing is looked up where nobody gives one."""
    functions = registry.allowed(["getHostByName"])
    template = gotemplate.parse('{{getHostByName "localhost"}}', functions=functions)
    with pytest.raises(gotemplate.ExecError, match="no resolver"):
        template.execute({}, runs.Run())
