"""Options that several commands share: the files of a configuration."""

from __future__ import annotations

from typing import Any

import click


def inputs(function: Any) -> Any:
    """Add `--secret` and `--config-map`, as the kubectl plugin has them."""
    for option in (
        click.option(
            "--secret",
            default="",
            metavar="FILE|:empty",
            help="Secret of its own file; `:empty` for none.",
        ),
        click.option(
            "--config-map",
            "config_maps",
            multiple=True,
            metavar="FILE",
            help="The same as --config.",
        ),
        click.option(
            "--settings",
            default="",
            metavar="FILE",
            help="The daemon's settings: what its templates may do.",
        ),
    ):
        function = option(function)
    return function
