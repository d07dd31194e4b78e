"""What is off unless allowed: refused by name, and all there once it is allowed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from notifier.languages import LanguageError, gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate import registry

Render = Callable[..., str]

NAMES = """
bcrypt buildCustomCert decryptAES derivePassword encryptAES genCA genCAWithKey genPrivateKey
genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey getHostByName htpasswd
"""
"""Sprig's functions that block or take seconds (templates.md 3.3)."""

FUNCTIONS = [pytest.param(registry.allowed([name])[name], id=name) for name in sorted(registry.OFF)]


def test_every_name_is_there() -> None:
    """These are off, and no others."""
    assert [*registry.OFF] == NAMES.split()


@pytest.mark.parametrize("name", registry.OFF)
def test_refused_unless_allowed(name: str) -> None:
    """A template that names one is refused when it is loaded, also after others allowed it."""
    assert name in registry.allowed([name])
    assert name not in registry.ALL
    others = registry.allowed(each for each in registry.OFF if each != name)
    for functions in (None, others):
        with pytest.raises(gotemplate.ParseError, match=f'"{name}" is switched off') as caught:
            gotemplate.parse(f'{{{{{name} "a"}}}}', functions=functions)
        assert f"templates.allow_functions: [{name}]" in caught.value.hint


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_example_is_true(allowing: Render, function: registry.Function) -> None:
    """The example renders to what it claims, and names the function."""
    assert function.name in function.example
    assert allowing(function.example) == function.output


@pytest.mark.parametrize("function", FUNCTIONS)
def test_there_is_a_docstring(function: registry.Function) -> None:
    """A sentence says what it does."""
    assert function.doc.endswith(".")
    assert function.doc[0].isupper()


@pytest.mark.parametrize("name", ["upper", "env", "nothing"])
def test_what_is_not_off_cannot_be_allowed(name: str) -> None:
    """The error names what can."""
    with pytest.raises(LanguageError, match=f"{name} is no function that can be allowed") as caught:
        registry.allowed(["bcrypt", name])
    assert "bcrypt, buildCustomCert" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "library"), [("htpasswd", "bcrypt"), ("genCA", "cryptography"), ("derivePassword", "")]
)
def test_a_library_that_is_missing_is_named(name: str, library: str) -> None:
    """So is the extra that brings it; what needs none works without."""
    program = (
        "import sys; sys.modules['bcrypt'] = sys.modules['cryptography'] = None\n"
        "from notifier import languages\n"
        "try: languages.adapters.Go(allowed=[sys.argv[1]])\n"
        "except languages.LanguageError as error: print(error.message, error.hint)"
    )
    words = [sys.executable, "-c", program, name]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    wanted = (
        f"{name} needs the library {library}, which is not installed"
        " pip install 'rollout-notifier[crypto]'"
    )
    assert shown == (wanted if library else "")


def test_the_libraries_wait_until_they_are_needed() -> None:
    """Importing the languages imports neither."""
    program = "import sys, notifier.languages; print({'bcrypt', 'cryptography'} & {*sys.modules})"
    words = [sys.executable, "-c", program]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize(
    "call",
    ['derivePassword 1 "pin" "a" "b" "c"', 'getHostByName "localhost"', 'genCA "a" 1'],
)
def test_ten_costly_calls_are_the_most(call: str) -> None:
    """A loop cannot hold up the daemon for long."""
    functions = registry.allowed(registry.OFF)
    limits = runs.Limits(steps=2 * registry.COSTLY)
    around = runs.Surroundings(resolve=lambda _: ["10.0.0.1"])
    template = gotemplate.parse(
        f"{{{{range until 9}}}}{{{{{call}}}}}{{{{end}}}}", functions=functions
    )
    with pytest.raises(gotemplate.ExecError, match="more than 20000 steps"):
        template.execute({}, runs.Run(limits, around))
    assert runs.CENTRAL.steps == 10 * registry.COSTLY
