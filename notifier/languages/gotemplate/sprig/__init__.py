"""Sprig 3.3: the functions of its text map but `env` and `expandenv`, one module a family.

Importing this package registers them (`registry.ALL`). Those that would block, or burn seconds of
CPU, are refused by name (templates.md 3.3).
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

registry.REFUSED.update(
    dict.fromkeys(
        (
            "bcrypt",
            "buildCustomCert",
            "decryptAES",
            "derivePassword",
            "encryptAES",
            "genCA",
            "genCAWithKey",
            "genPrivateKey",
            "genSelfSignedCert",
            "genSelfSignedCertWithKey",
            "genSignedCert",
            "genSignedCertWithKey",
            "getHostByName",
            "htpasswd",
        ),
        "",
    )
)
