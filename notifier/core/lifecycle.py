"""Names of triggers that a lifecycle change gives rise to (spec/configuration.md 6.3, 6.4).

A trigger of any other name is a level trigger: it needs a `when`.
"""

from __future__ import annotations

from typing import Final

NINE: Final = (
    "on-rollout-updated",
    "on-rollout-step-completed",
    "on-rollout-paused",
    "on-rollout-completed",
    "on-rollout-aborted",
    "on-scaling-replica-set",
    "on-analysis-run-running",
    "on-analysis-run-failed",
    "on-analysis-run-error",
)
"""Ready without any configuration."""

DERIVABLE: Final = (
    "on-rollout-resumed",
    "on-rollout-not-completed",
    "on-rollout-deleted",
    "on-rollout-degraded",
    "on-rollout-rollback",
    "on-new-replica-set-created",
    "on-replica-set-create-error",
    "on-analysis-run-successful",
    "on-analysis-run-inconclusive",
    "on-analysis-run-pending",
    "on-skip-steps",
    "on-traffic-weight-updated",
    "on-switch-service",
    "on-step-plugin-transition",
    "on-experiment-created",
    *(
        f"on-experiment-{phase}"
        for phase in ("pending", "running", "successful", "failed", "error", "inconclusive")
    ),
    *(
        f"on-template-{status}"
        for status in ("progressing", "running", "successful", "failed", "error")
    ),
    *(f"on-metric-{phase}" for phase in ("successful", "failed", "error", "inconclusive")),
)
"""Observable in the objects beyond the nine."""

ALL: Final = frozenset((*NINE, *DERIVABLE))

UNOBSERVABLE: Final = {
    "on-rollout-added-to-informer": "on-rollout-updated",
    "on-reconciliation-error": "on-rollout-degraded",
    "on-traffic-routing-error": "on-rollout-degraded",
    "on-weight-verify-error": "on-rollout-degraded",
    "on-target-group-verified": "on-traffic-weight-updated",
    "on-target-group-unverified": "on-traffic-weight-updated",
    "on-target-group-verify-error": "on-rollout-degraded",
    "on-load-balancer-not-found": "on-rollout-degraded",
    "on-patching-alb-ingress": "on-traffic-weight-updated",
    "on-creating-canary-ingress": "on-traffic-weight-updated",
    "on-patching-canary-ingress": "on-traffic-weight-updated",
    "on-updated-destination-rule": "on-traffic-weight-updated",
    "on-virtual-service-not-found": "on-rollout-degraded",
}
"""Events of the controller that leave no trace in any object, and the nearest that does."""
