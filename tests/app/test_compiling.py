"""Functions that are off: allowed in the central ConfigMap by a setting, and by nothing else."""

from __future__ import annotations

import pytest

from notifier.app import compiling
from notifier.core.errors import SettingsError
from notifier.languages import INSTALLED, STRICT

TEMPLATE = {"template.t": "message: '{{htpasswd `ann` `x`}}'"}


@pytest.mark.parametrize("strict", [False, True])
def test_what_the_setting_allows(strict: bool) -> None:
    """The same template is refused without it; the error names what would help."""
    configuration = compiling.compile_central(TEMPLATE, {}, document="cm", strict=strict)
    (problem,) = [each for each in configuration.problems if each.severity == "error"]
    assert 'function "htpasswd" is switched off' in problem.message
    assert "templates.allow_functions: [htpasswd]" in problem.fix
    configuration = compiling.compile_central(
        TEMPLATE, {}, document="cm", strict=strict, allow_functions=("htpasswd",)
    )
    assert not [each for each in configuration.problems if each.severity == "error"]
    assert "t" in configuration.templates


@pytest.mark.parametrize(("strict", "usual"), [(False, INSTALLED), (True, STRICT)])
def test_the_other_languages_are_the_usual_ones(strict: bool, usual: object) -> None:
    """Only the Go language is another, and only where something is allowed."""
    assert compiling.languages(strict=strict) is usual
    chosen = compiling.languages(strict=strict, allow_functions=("bcrypt",))
    expected = STRICT if strict else INSTALLED
    assert chosen.conditions is expected.conditions
    assert chosen.templates["jinja"] is expected.templates["jinja"]
    assert chosen.templates["go"] is not expected.templates["go"]


def test_a_function_that_cannot_be_allowed() -> None:
    """The error names the setting and those that can be."""
    with pytest.raises(SettingsError) as caught:
        compiling.languages(allow_functions=("bycrypt",))
    problem = caught.value.problem
    assert (problem.document, problem.key) == ("settings", "templates.allow_functions")
    assert problem.message == "bycrypt is no function that can be allowed"
    assert problem.fix.startswith("these are: bcrypt, buildCustomCert, ")
