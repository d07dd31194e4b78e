"""Foreign templates and conditions against Jinja2's own sandbox saying the same, in one run.

The text is the Slack attachment that Argo Rollouts ships, the object a recorded Rollout; both
engines must print the same bytes before anything is measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.languages import expr, gotemplate
from notifier.languages.golang import runs
from tests.benchmarks.objects import recorded_rollout
from tests.benchmarks.report import Figure

GO: Final = """\
[{
  "title": "{{ .rollout.metadata.name}}",
  "color": "#E01E5A",
  "fields": [
  {
    "title": "Strategy",
    "value": "{{if .rollout.spec.strategy.blueGreen}}BlueGreen{{end}}{{if \
.rollout.spec.strategy.canary}}Canary{{end}}",
    "short": true
  }
  {{range $index, $c := .rollout.spec.template.spec.containers}}
    {{if not $index}},{{end}}
    {{if $index}},{{end}}
    {
      "title": "{{$c.name}}",
      "value": "{{$c.image}}",
      "short": true
    }
  {{end}}
  ]
}]
"""
JINJA: Final = """\
[{
  "title": "{{ rollout.metadata.name}}",
  "color": "#E01E5A",
  "fields": [
  {
    "title": "Strategy",
    "value": "{% if rollout.spec.strategy.blueGreen %}BlueGreen{% endif %}{% if \
rollout.spec.strategy.canary %}Canary{% endif %}",
    "short": true
  }
  {% for c in rollout.spec.template.spec.containers %}
    {% if not loop.index0 %},{% endif %}
    {% if loop.index0 %},{% endif %}
    {
      "title": "{{c.name}}",
      "value": "{{c.image}}",
      "short": true
    }
  {% endfor %}
  ]
}]
"""
WHEN: Final = "rollout.status.phase == 'Healthy' and rollout.spec.replicas > 0"
JINJA_WHEN: Final = "{{ rollout.status.phase == 'Healthy' and rollout.spec.replicas > 0 }}"

ATTACHMENT_BAR: Final = 1.0
COMPILE_BAR: Final = 3.0


def measure(*, rounds: int, scale: float) -> Iterator[Figure]:
    """Yield microseconds a call of each side, and their ratio (ours over Jinja2's; less is
    better)."""
    data = {"rollout": _as_floats(recorded_rollout())}
    environment = ImmutableSandboxedEnvironment(keep_trailing_newline=True)
    ours, theirs = gotemplate.parse(GO), environment.from_string(JINJA)
    condition, their_condition = expr.compile(WHEN), environment.from_string(JINJA_WHEN)
    if ours.execute(data, runs.Run()) != theirs.render(data):
        raise AssertionError("the two templates print different texts")
    if str(condition.run(data, runs.Run())) != their_condition.render(data):
        raise AssertionError("the two conditions differ")
    pairs: Mapping[str, tuple[Callable[[], Any], Callable[[], Any], float | None]] = {
        "render the stock attachment": (
            lambda: ours.execute(data, runs.Run()),
            lambda: theirs.render(data),
            ATTACHMENT_BAR,
        ),
        "compile the stock attachment": (
            lambda: gotemplate.parse(GO),
            lambda: environment.from_string(JINJA),
            COMPILE_BAR,
        ),
        "evaluate a stock condition": (
            lambda: condition.run(data, runs.Run()),
            lambda: their_condition.render(data),
            ATTACHMENT_BAR,
        ),
        "compile a stock condition": (
            lambda: expr.compile(WHEN),
            lambda: environment.from_string(JINJA_WHEN),
            COMPILE_BAR,
        ),
    }
    for name, (mine, baseline, bar) in pairs.items():
        calls = max(20, int((2_000 if "compile" not in name else 200) * scale))
        samples = [(_timed(mine, calls), _timed(baseline, calls)) for _ in range(2 * rounds + 1)]
        yield Figure(name=name, value=statistics.median(a for a, _ in samples), unit="us")
        yield Figure(
            name="  the same by Jinja2's sandbox",
            value=statistics.median(b for _, b in samples),
            unit="us",
        )
        ratio = statistics.median(a / b for a, b in samples)
        yield Figure(name="  ours over Jinja2's", value=ratio, unit="x", bar=bar, most=True)


def _timed(call: Callable[[], Any], calls: int) -> float:
    """Return CPU microseconds a call."""
    started = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - started) / calls * 1e6


def _as_floats(value: Any) -> Any:
    """Return an object as foreign languages get it: every number is a float."""
    if isinstance(value, dict):
        return {key: _as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    return float(value) if type(value) is int else value
