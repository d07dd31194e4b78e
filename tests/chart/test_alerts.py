"""The alerts ask for metrics that exist, with labels that they have."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from notifier.kube.statistics import WatchStatistics
from notifier.observability.metrics import Metrics
from tests.chart import rendering

RULES = yaml.safe_load((rendering.CHART / "rules" / "alerts.yaml").read_text())
PAGE = (rendering.ROOT / "docs" / "operating.md").read_text()
TARGET = {"namespace", "pod"}
"""Labels that the scrape adds."""


def labels() -> dict[str, set[str]]:
    """Return the label names of every metric, by the name that is scraped."""
    metrics = Metrics()
    metrics.observe_watches(WatchStatistics(relists={("r", "x"): 1}, errors={("r", "x"): 1}))
    found: dict[str, set[str]] = {}
    for collector in metrics.registry._collector_to_names:
        for family in collector.collect():
            suffix = "_total" if family.type == "counter" else ""
            declared = getattr(collector, "_labelnames", None)
            names = set(declared if declared is not None else family.samples[0].labels)
            found[family.name + suffix] = names
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_asks_for_what_exists(rule: dict[str, Any]) -> None:
    """Metric, labels it is grouped and filtered by, and labels that the texts show."""
    names = re.findall(r"\bnotifier_\w+", rule["expr"])
    known = labels()
    assert names
    assert set(names) <= known.keys()
    grouped = {n.strip() for g in re.findall(r"by \(([^)]*)\)", rule["expr"]) for n in g.split(",")}
    filtered = set(re.findall(r"(\w+)(?:=~|!~|=)\"", rule["expr"]))
    assert grouped | filtered <= set.union(*(known[name] for name in names))
    texts = "\n".join(rule["annotations"].values())
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= grouped


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_says_what_it_means(rule: dict[str, Any]) -> None:
    """Each has a severity, a summary and what to do, and a row in docs/operating.md."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert f"| `{rule['alert']}` |" in PAGE


def test_page_has_no_other() -> None:
    """The table of docs/operating.md names the alerts that exist."""
    assert re.findall(r"^\| `(Notifier\w+)` \|", PAGE, re.MULTILINE) == [r["alert"] for r in RULES]


@rendering.NEEDS_HELM
def test_each_asks_for_the_pods_of_this_release() -> None:
    """The placeholder is replaced in every expression by labels that match the pods, and nothing
    else is changed."""
    found = rendering.the(
        rendering.objects({"metrics": {"prometheusRule": {"enabled": True}}}), "PrometheusRule"
    )
    (group,) = found["spec"]["groups"]
    assert len(group["rules"]) == len(RULES)
    for rendered, rule in zip(group["rules"], RULES, strict=True):
        selector = 'namespace="ns", pod=~"rel-notifier-[a-z0-9]+-[a-z0-9]+"'
        assert rendered == {**rule, "expr": rule["expr"].replace("SELECTOR", selector)}
        assert selector in rendered["expr"]
    pattern = re.search(r'pod=~"([^"]+)"', group["rules"][0]["expr"])
    assert pattern is not None
    assert re.fullmatch(pattern[1], "rel-notifier-6d4b75cb6d-x7k2p")
    assert not re.fullmatch(pattern[1], "rel-notifier-b-6d4b75cb6d-x7k2p")
