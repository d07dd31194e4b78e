"""A Kubernetes API server over real HTTP, as far as this project meets one, with scripted faults.

Behaves as a v1.34 server was observed to (resourceVersions of one counter, pages of one snapshot,
bookmarks, both forms of 410, conflicts). Imports no test framework and nothing of `notifier`, so
that tests, benchmarks, kill tests and demonstrations can all use it:

    async with Emulator() as emulator:
        emulator.apply(rollout)
        emulator.script("watch", Cut(after_bytes=100))
        ...  # emulator.url, emulator.kubeconfig, emulator.requests
"""

from tests.emulator.faults import Answer, Cut, Freeze, Inject, Reset, refusal
from tests.emulator.playing import play, read_stream
from tests.emulator.server import Emulator, Request
from tests.emulator.storage import ApiError, Storage

__all__ = [
    "Answer",
    "ApiError",
    "Cut",
    "Emulator",
    "Freeze",
    "Inject",
    "Request",
    "Reset",
    "Storage",
    "play",
    "read_stream",
    "refusal",
]
