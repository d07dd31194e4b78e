"""The CloudEvents form of a webhook's request (spec/services.md 3). Pure."""

from __future__ import annotations

import datetime as dt
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

from notifier.core.service import Composition

MODES: Final = ("none", "binary", "structured")

STRUCTURED_TYPE: Final = "application/cloudevents+json"

_PLAIN: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


def attributes(composition: Composition) -> dict[str, str]:
    """Return what an event says of itself: id = delivery id, a versioned type, and a sequence
    number (the resource version, which only grows for one rollout)."""
    transition = composition.event.transition
    rollout = transition.rollout
    moment = dt.datetime.fromtimestamp(composition.event.observed_at, dt.UTC)
    place = f"namespaces/{rollout.namespace}/rollouts/{rollout.name}"
    cluster = f"clusters/{composition.cluster}/" if composition.cluster else ""
    return {
        "specversion": "1.0",
        "id": composition.delivery_id,
        "source": "/" + urllib.parse.quote(cluster + place),
        "type": f"rollout-notifier.{transition.trigger.removeprefix('on-')}.v1",
        "subject": rollout.path,
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sequence": transition.resource_version,
    }


def headers(composition: Composition) -> dict[str, str]:
    """Return the headers of the binary form; the body stays as it is."""
    found = attributes(composition)
    return {f"ce-{name}": urllib.parse.quote(value, safe=_PLAIN) for name, value in found.items()}


def envelope(composition: Composition, body: str, content_type: str) -> str:
    """Return the body of the structured form. JSON stays JSON within it, all else is a text."""
    data: Any = body
    if "json" in content_type:
        try:
            data = json.loads(body)
        except ValueError:
            content_type = "text/plain"
    event: Mapping[str, Any] = {
        **attributes(composition),
        "datacontenttype": content_type or "text/plain",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
