"""Templates that fail on real objects: counted each time, told once to whoever reads the log.

The message went out as plain text, so nobody waits for a repair; but the same fault at every event
must not fill the log (spec/configuration.md 7.1).
"""

from __future__ import annotations

import logging
from typing import Final

from notifier.core.planning import FailedTemplate
from notifier.ports import Recorder

log = logging.getLogger(__name__)

REMEMBERED: Final = 1_000
"""Faults that are known to have been told; beyond that, all are told anew."""


class Telling:
    """What has been told of failing templates."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._told: set[FailedTemplate] = set()

    def failed(self, fault: FailedTemplate, rollout: str) -> None:
        """Count a failure, and tell it if it is a new one; `rollout` is where it was seen."""
        self._recorder.render_failed(fault.engine, fault.scope)
        if fault in self._told:
            return
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told.add(fault)
        log.warning(
            "a template failed, plain text was sent in its place",
            extra={
                "scope": fault.scope,
                "template": fault.template,
                "error": fault.error,
                "rollout": rollout,
            },
        )
