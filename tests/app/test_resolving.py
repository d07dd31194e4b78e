"""Host names are looked up by the system, and nobody waits for ever."""

from __future__ import annotations

import pytest

from notifier.app import compiling, resolving


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_host_has_addresses(name: str) -> None:
    """Each once; an address is its own."""
    found = resolving.addresses(name)
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", ["a.invalid", "x" * 64 + ".example", "a\0b", ""])
def test_what_is_no_host_has_none(name: str) -> None:
    """Neither does what cannot be a name."""
    assert set(resolving.addresses(name)) <= ({"127.0.0.1", "::1"} if not name else set())


def test_the_daemon_resolves() -> None:
    """The function works where it is allowed."""
    go = compiling.languages(allow_functions=("getHostByName",)).templates["go"]
    assert go.compile('{{getHostByName "127.0.0.1"}}').render({}) == "127.0.0.1"
