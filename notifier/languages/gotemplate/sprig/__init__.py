"""Sprig 3.3: the functions of its text map but `env` and `expandenv`, one module a family.

Importing this package registers them (`registry.ALL`). Those that block, or burn seconds of
CPU, are off until the operator allows them by name (`registry.OFF`; templates.md 3.3); their
modules are imported only then.
"""

from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.sprig import (
    cases,
    chance,
    constraints,
    dates,
    decimals,
    dicts,
    documents,
    encodings,
    flow,
    integers,
    kinds,
    lists,
    matching,
    merging,
    paths,
    texts,
    urls,
    versions,
    wrapping,
)

__all__ = [
    "cases",
    "chance",
    "constraints",
    "dates",
    "decimals",
    "dicts",
    "documents",
    "encodings",
    "flow",
    "integers",
    "kinds",
    "lists",
    "matching",
    "merging",
    "paths",
    "texts",
    "urls",
    "versions",
    "wrapping",
]

_OFF = {
    "certificates": (
        "buildCustomCert",
        "genCA",
        "genCAWithKey",
        "genSelfSignedCert",
        "genSelfSignedCertWithKey",
        "genSignedCert",
        "genSignedCertWithKey",
    ),
    "ciphers": ("decryptAES", "encryptAES"),
    "derived": ("derivePassword",),
    "hosts": ("getHostByName",),
    "keys": ("genPrivateKey",),
    "passwords": ("bcrypt", "htpasswd"),
}
"""What is off unless allowed, by the module that has it."""

registry.OFF.update(
    sorted((name, f"{__name__}.{module}") for module, names in _OFF.items() for name in names)
)
