"""`notifier version`: which build runs, and on what."""

from __future__ import annotations

import os
import platform

import click

from notifier.cli import printing
from notifier.version import __version__

COMMIT_VARIABLE = "NOTIFIER_COMMIT"
"""Set by whoever builds an image; a wheel does not know its commit."""


@click.command()
@printing.output_option("text", "json", "yaml")
def command(output: str) -> None:
    """Print version, commit, Python, SQLite and the hash of the catalogue.

    Example: notifier version -o json
    """
    facts = {
        "version": __version__,
        "commit": os.environ.get(COMMIT_VARIABLE, "unknown"),
        "python": platform.python_version(),
        "sqlite": sqlite_version(),
        "catalogue": catalogue_hash(),
    }
    if output != "text":
        printing.emit({"apiVersion": "notifier/v1", **facts}, output)
        return
    for name, value in facts.items():
        click.echo(f"{name:<10} {value}")


def sqlite_version() -> str:
    """Return the version of the SQLite that the store uses."""
    import apsw

    return str(apsw.sqlite_lib_version())


def catalogue_hash() -> str:
    """Return twelve characters that change when any shipped trigger or template does."""
    import hashlib
    from importlib import resources

    hasher = hashlib.sha256()
    for kind in ("triggers", "templates"):
        folder = resources.files("notifier._catalogue").joinpath(kind)
        for item in sorted(folder.iterdir(), key=lambda item: item.name):
            if item.name.endswith(".yaml"):
                hasher.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    return hasher.hexdigest()[:12]
