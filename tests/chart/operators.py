"""Schemas of the operators' objects that the chart can make: a field that does not exist is an
error, as is a value of another type.

The API server prunes what it does not know, so nobody would see a misspelt field. The names are
those the operators publish: `pkg/apis/monitoring/v1` of the Prometheus operator v0.95.2, and the
CustomResourceDefinition `externalsecrets.external-secrets.io` of External Secrets v0.16.2 (the
first with `v1`). Fields that the chart never writes are there by name only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.chart.rendering import Object

Schema = Mapping[str, Any]

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
TEXTS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
"""A map that the user names: labels, annotations."""
NAME: Final[Schema] = {
    "type": "string",
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "maxLength": 253,
}
DURATION: Final[Schema] = {
    "type": "string",
    "pattern": "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?"
    "(([0-9]+)ms)?)$",
    "minLength": 1,
}


def fields(required: str = "", others: str = "", **typed: Schema) -> Schema:
    """Return the schema of a mapping with these fields; `others` may hold anything."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": {**dict.fromkeys(others.split(), True), **typed},
        "additionalProperties": False,
    }


def items(schema: Schema) -> Schema:
    """Return the schema of a list that is not empty."""
    return {"type": "array", "items": schema, "minItems": 1}


def custom(spec: Schema) -> Schema:
    """Return the schema of a whole object."""
    metadata = fields("name namespace labels", name=NAME, namespace=NAME, labels=TEXTS)
    return fields("apiVersion kind metadata spec", apiVersion=TEXT, kind=TEXT,
                  metadata=metadata, spec=spec)  # fmt: skip


# --- Prometheus operator ----------------------------------------------------------------------

_SELECTOR: Final = fields(others="matchExpressions", matchLabels=TEXTS)

_SCRAPED: Final = {
    "others": "targetPort params scrapeTimeout honorTimestamps trackTimestampsStaleness"
    " metricRelabelings relabelings filterRunning authorization basicAuth oauth2 bearerTokenSecret"
    " followRedirects enableHttp2 tlsConfig proxyUrl noProxy proxyFromEnvironment"
    " proxyConnectHeader",
    "port": TEXT,
    "path": TEXT,
    "interval": DURATION,
    "scheme": {"enum": ["http", "https", "HTTP", "HTTPS"]},
    "honorLabels": FLAG,
}

_MONITOR: Final = {
    "others": "jobLabel podTargetLabels selectorMechanism sampleLimit scrapeProtocols"
    " fallbackScrapeProtocol extraScrapeMetrics targetLimit labelLimit labelNameLengthLimit"
    " labelValueLengthLimit scrapeNativeHistograms scrapeClassicHistograms"
    " nativeHistogramBucketLimit nativeHistogramMinBucketFactor convertClassicHistogramsToNHCB"
    " keepDroppedTargets attachMetadata scrapeClass bodySizeLimit",
    "selector": _SELECTOR,
    "namespaceSelector": fields(any=FLAG, matchNames=items(NAME)),
}

_RULE: Final = fields(
    "expr",
    "record",
    alert=TEXT,
    expr={"type": ["string", "integer"]},
    labels=TEXTS,
    annotations=TEXTS,
    keep_firing_for=DURATION,
    **{"for": DURATION},
)

_GROUP: Final = fields(
    "name",
    "labels query_offset partial_response_strategy limit",
    name=TEXT,
    interval=DURATION,
    rules=items(_RULE),
)


def _monitor(endpoints: str, endpoint: Schema, others: str = "") -> Schema:
    given: dict[str, Any] = {**_MONITOR, endpoints: items(endpoint)}
    return fields(f"selector {endpoints}", f"{given.pop('others')} {others}", **given)


def _endpoint(others: str) -> Schema:
    given: dict[str, Any] = {**_SCRAPED}
    return fields("", f"{given.pop('others')} {others}", **given)


# --- External Secrets -------------------------------------------------------------------------

_STORE: Final = fields(name=NAME, kind={"enum": ["SecretStore", "ClusterSecretStore"]})

_REMOTE: Final = fields(
    "key",
    key=TEXT,
    property=TEXT,
    version=TEXT,
    conversionStrategy={"enum": ["Default", "Unicode"]},
    decodingStrategy={"enum": ["Auto", "Base64", "Base64URL", "None"]},
    metadataPolicy={"enum": ["None", "Fetch"]},
)

_DATA: Final = fields(
    "remoteRef secretKey",
    "sourceRef",
    remoteRef=_REMOTE,
    secretKey={"type": "string", "pattern": "^[-._a-zA-Z0-9]+$", "maxLength": 253},
)

_FROM: Final = fields("", "find rewrite sourceRef", extract=_REMOTE)

_TARGET: Final = fields(
    "",
    "immutable template",
    name=NAME,
    creationPolicy={"enum": ["Owner", "Orphan", "Merge", "None"]},
    deletionPolicy={"enum": ["Delete", "Merge", "Retain"]},
)

SCHEMAS: Final[Mapping[tuple[str, str], Schema]] = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"): custom(
        _monitor("endpoints", _endpoint("bearerTokenFile"), "targetLabels serviceDiscoveryRole")
    ),
    ("monitoring.coreos.com/v1", "PodMonitor"): custom(
        _monitor("podMetricsEndpoints", _endpoint("portNumber"))
    ),
    ("monitoring.coreos.com/v1", "PrometheusRule"): custom(fields(groups=items(_GROUP))),
    ("external-secrets.io/v1", "ExternalSecret"): custom(
        fields(
            "secretStoreRef target",
            "refreshPolicy",
            refreshInterval=TEXT,
            secretStoreRef=_STORE,
            target=_TARGET,
            data=items(_DATA),
            dataFrom=items(_FROM),
        )
    ),
}


def faults(one: Object) -> Sequence[str]:
    """Return what is wrong with an object of an operator's."""
    version, kind = one.get("apiVersion", ""), one.get("kind", "")
    schema = SCHEMAS.get((version, kind))
    if schema is None:
        return [f"no schema of {version} {kind}"]
    validator = Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(one)]
