"""How the child begins: without the languages it never speaks.

    python -I -m notifier.rendering.start

`notifier.languages` loads the interpreters of Go templates and expr, which take longer to import
than all the rest of the child: a bare package stands in for it, so that a killed child is replaced
soon.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import types
from typing import Final

_LANGUAGES: Final = "notifier.languages"


def main() -> None:
    """Load the child's own part of the house and work."""
    found = importlib.util.find_spec(_LANGUAGES)
    if found is not None and found.submodule_search_locations is not None:
        bare = types.ModuleType(_LANGUAGES)
        bare.__path__ = list(found.submodule_search_locations)
        sys.modules[_LANGUAGES] = bare
    from notifier.rendering import child

    with contextlib.suppress(BrokenPipeError):  # the parent is gone
        child.main()


if __name__ == "__main__":
    main()
