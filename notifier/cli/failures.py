"""How commands fail: one line on standard error that says what, where and what to do; exit codes.

1 = the answer is no or the work failed, 2 = wrong usage or unreadable input, 3 = daemon, cluster or
store unreachable (spec/operations.md 1).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click

from notifier.core import errors


class Exit(IntEnum):
    """Exit codes."""

    NO = 1
    UNUSABLE = 2
    UNREACHABLE = 3


class Failure(click.ClickException):
    """Ends the command with a message and an exit code."""

    def __init__(self, message: str, code: Exit = Exit.NO) -> None:
        super().__init__(message)
        self.code = code
        setattr(self, "exit_code", int(code))  # noqa: B010 - click declares it for the class


@contextmanager
def reported(debug: bool) -> Iterator[None]:
    """Turn exceptions into a `Failure`; with `debug` an unexpected one keeps its traceback."""
    try:
        yield
    except errors.NotifierError as err:
        raise Failure(str(err), _code(err)) from err
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as err:
        if debug:
            raise
        what = f"{type(err).__name__}: {err}"
        raise Failure(
            f"this is a defect of notifier: {what}\nRun `notifier --debug …` for the traceback."
        ) from err


def _code(err: errors.NotifierError) -> Exit:
    match err:
        case errors.ConfigError():
            return Exit.UNUSABLE
        case errors.ClusterError() | errors.StoreError():
            return Exit.UNREACHABLE
        case _:
            return Exit.NO


def wants_color(choice: str) -> bool | None:
    """Return whether to colour; None leaves it to whether the output is a terminal."""
    if choice == "auto":
        return False if os.environ.get("NO_COLOR") else None
    return choice == "always"
