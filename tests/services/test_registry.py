"""The registry: one line per type, cheap to import, and the types that are not built yet."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import subprocess
import sys

import pytest

from notifier import services
from notifier.core.errors import Misconfigured, Reason
from notifier.core.service import Terms
from notifier.services import unavailable
from tests.services import samples

HEAVY = ("aiohttp", "slack_sdk", "aiosmtplib", "nh3", "asyncio.sslproto")


def test_declaring_types_loads_no_client_library() -> None:
    """A command line that only reads configuration starts fast."""
    code = f"import sys, notifier.services; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_upstream_type_is_there() -> None:
    """The four built types, and the eighteen that upstream has beside them."""
    assert len(unavailable.TYPES) == 18
    assert set(services.REGISTRY) == {"slack", "webhook", "email", "console", *unavailable.TYPES}
    assert all(name == line.type.name for name, line in services.REGISTRY.items())


def test_blocks_are_named_uniquely_but_for_the_console() -> None:
    """Each type has a block of its own; the console shows Slack's."""
    names = [kind.block.name for kind in services.TYPES.values()]
    assert sorted(name for name in names if names.count(name) > 1) == ["slack", "slack"]


def test_options_with_a_deadline_are_terms_to_the_engine() -> None:
    """Whoever reads `timeout` extends `Terms`, else the engine would not know of it."""
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(services.__path__, "notifier.services.")
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if dataclasses.is_dataclass(value) and hasattr(value, "timeout_s")
    }
    assert len(found) > 3
    assert [each for each in found if not issubclass(each, Terms)] == []


@pytest.mark.parametrize("name", unavailable.TYPES)
async def test_a_type_not_built_yet_loads_and_its_deliveries_say_so(name: str) -> None:
    """Its options load with a warning; sending ends with a clear reason."""
    kind = services.TYPES[name]
    options, warnings = kind.options({"anything": ["goes"]})
    assert warnings == (f"service type {name} not available; messages to it are not sent",)
    [composed] = samples.compose(kind, options)
    service = services.REGISTRY[name].build()
    with pytest.raises(Misconfigured, match=f"service type {name} not available") as caught:
        await service.send(samples.outgoing(kind, composed), options)
    assert caught.value.reason is Reason.CONFIGURATION
