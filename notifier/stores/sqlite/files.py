"""The files around the database: the lock that makes it ours, and corrupt ones moved aside."""

from __future__ import annotations

import fcntl
import itertools
import os
from pathlib import Path

from notifier.core.errors import StoreError


class Lock:
    """An exclusive lock beside the database. Raises `StoreError` if another process holds it."""

    def __init__(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise StoreError(f"{path}: directory {path.parent} does not exist: mount the volume")
        self.path = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}: make {path.parent} writable for the daemon's user"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise StoreError(
                f"{path}: in use by another process ({self.path} is locked): "
                "run one daemon per store file"
            ) from error

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes lock two files."""
        os.close(self._descriptor)


def move_aside(path: Path) -> Path:
    """Rename a corrupt database with its log files to the first free name and return that.

    Raises `StoreError` if that cannot be done.
    """
    names = (path.with_name(f"{path.name}.corrupt-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    try:
        for suffix in ("-wal", "-shm", ""):
            source = path.with_name(path.name + suffix)
            if source.exists():
                source.rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise StoreError(
            f"{path}: corrupt, and cannot be moved aside ({error.strerror}): move it by hand"
        ) from error
    return aside
