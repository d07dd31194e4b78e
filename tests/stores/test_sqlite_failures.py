"""Every error that SQLite can raise becomes ours."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from notifier.core.errors import StoreError
from notifier.stores.sqlite.failures import explained

ERRORS = [
    kind
    for kind in vars(apsw).values()
    if isinstance(kind, type) and issubclass(kind, apsw.Error) and kind is not apsw.Error
]


@pytest.mark.parametrize("kind", ERRORS, ids=[kind.__name__ for kind in ERRORS])
def test_every_error_is_explained(kind: type[apsw.Error]) -> None:
    """The text names the file and keeps the library's own words, shortened."""
    error = explained(kind("what happened " + "x" * 999), Path("/data/notifier.db"))
    assert isinstance(error, StoreError)
    assert str(error).startswith("/data/notifier.db: ")
    assert "what happened" in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (apsw.FullError, "the disk is full .*: free space or grow the volume"),
        (apsw.ReadOnlyError, "read-only .*: make it writable"),
        (apsw.CantOpenError, "cannot be opened .*: make its directory writable"),
        (apsw.BusyError, "in use by another process .*: run one daemon"),
        (apsw.CorruptError, "corrupt .*: restart"),
        (apsw.IOError, "the disk failed .*: check the volume"),
    ],
)
def test_what_an_operator_can_mend_says_how(kind: type[apsw.Error], words: str) -> None:
    """The errors that have a remedy name it."""
    with pytest.raises(StoreError, match=words):
        raise explained(kind("detail"), Path("/data/notifier.db"))
