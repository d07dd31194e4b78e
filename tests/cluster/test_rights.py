"""What the daemon's ServiceAccount may do, as the real API server sees it: the golden list."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.cluster import api, stage
from tests.cluster.release import Release

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ELSEWHERE = "default"
CONFIG_MAP = "argo-rollouts-notification-cm"
SECRET = "argo-rollouts-notification-secret"

READ = ("get", "list", "watch")

EVERYWHERE = {
    ("argoproj.io", "rollouts", ""): READ,
    ("argoproj.io", "analysisruns", ""): READ,
    ("argoproj.io", "experiments", ""): READ,
    ("apps", "replicasets", ""): READ,
    ("apps", "deployments", ""): ("get",),
    ("apps", "statefulsets", ""): ("get",),
    ("", "podtemplates", ""): ("get",),
}
"""Group, resource and name, and the verbs, in every namespace (spec/configuration.md 10)."""

AT_HOME = {
    **EVERYWHERE,
    ("", "configmaps", CONFIG_MAP): READ,
    ("", "secrets", SECRET): ("get",),
}
"""The same in the namespace of the release."""

VERBS = (*READ, "create", "update", "patch", "delete", "deletecollection")

ASKED = (
    ("argoproj.io", "rollouts"),
    ("argoproj.io", "rollouts/status"),
    ("argoproj.io", "rollouts/scale"),
    ("argoproj.io", "analysisruns"),
    ("argoproj.io", "analysistemplates"),
    ("argoproj.io", "clusteranalysistemplates"),
    ("argoproj.io", "experiments"),
    ("apps", "replicasets"),
    ("apps", "replicasets/scale"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("", "configmaps"),
    ("", "secrets"),
    ("", "events"),
    ("", "pods"),
    ("", "pods/exec"),
    ("", "pods/log"),
    ("", "podtemplates"),
    ("", "services"),
    ("", "serviceaccounts/token"),
    ("", "namespaces"),
    ("", "nodes"),
    ("coordination.k8s.io", "leases"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("authentication.k8s.io", "tokenreviews"),
)
"""What somebody who took the token over would like to do."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def daemon(steady: Release) -> AsyncIterator[api.Api]:
    """A client with the daemon's identity."""
    async with api.connect(steady.kubeconfig()) as client:
        yield client


@pytest.mark.parametrize("at_home", [True, False], ids=["at home", "elsewhere"])
async def test_rules_are_the_golden_ones(at_home: bool, steady: Release, daemon: api.Api) -> None:
    """The server lists these rules and no other, beyond what every identity has."""
    golden = AT_HOME if at_home else EVERYWHERE
    namespace = steady.namespace if at_home else ELSEWHERE
    assert await rules(daemon, namespace) == {key: set(verbs) for key, verbs in golden.items()}


@pytest.mark.parametrize("at_home", [True, False], ids=["at home", "elsewhere"])
@pytest.mark.parametrize(("group", "resource"), ASKED)
async def test_every_other_verb_is_refused(
    group: str, resource: str, at_home: bool, steady: Release, daemon: api.Api
) -> None:
    """Asked verb by verb, by no name and by the names it may know, the answer is the same."""
    golden = AT_HOME if at_home else EVERYWHERE
    namespace = steady.namespace if at_home else ELSEWHERE
    for verb, name in itertools.product(VERBS, ("", CONFIG_MAP, SECRET, "another")):
        expected = any(verb in golden.get((group, resource, granted), ()) for granted in {"", name})
        allowed = await _may(daemon, namespace, verb, group, resource, name)
        assert allowed is expected, f"{verb} {resource} {name} in {namespace}"


async def test_another_secret_is_refused(steady: Release, daemon: api.Api) -> None:
    """A Secret of another name cannot be read, neither can all be listed; its own can."""
    home = steady.namespace
    for name in ("another", SECRET):
        await steady.plane.api.apply(stage.secret(name, home, token="t"))
    assert (await daemon.get("Secret", SECRET, home))["metadata"]["name"] == SECRET
    for path in (
        api.path("Secret", home, "another"),
        api.path("Secret", home),
        f"{api.path('Secret', home)}?fieldSelector=metadata.name%3D{SECRET}",
        api.path("Secret"),
        api.path("Secret", "kube-system"),
        api.path("ConfigMap", home),
        api.path("ConfigMap", home, "another"),
    ):
        with pytest.raises(api.RefusedError) as refused:
            await daemon.request("GET", path)
        assert refused.value.status == 403, path
    await steady.plane.api.delete("Secret", SECRET, home)


async def rules(client: api.Api, namespace: str) -> dict[tuple[str, str, str], set[str]]:
    """Return the rules of the asking identity, without those that everybody has: reviews of
    oneself."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    path = "apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    answer = await client.request("POST", path, review)
    found: dict[tuple[str, str, str], set[str]] = {}
    for rule in answer["status"]["resourceRules"]:
        names = rule.get("resourceNames") or [""]
        for key in itertools.product(rule["apiGroups"], rule["resources"], names):
            if not key[1].startswith("selfsubject"):
                found.setdefault(key, set()).update(rule["verbs"])
    return found


async def _may(
    client: api.Api, namespace: str, verb: str, group: str, resource: str, name: str
) -> bool:
    resource, _, subresource = resource.partition("/")
    attributes = {
        "namespace": namespace,
        "verb": verb,
        "group": group,
        "resource": resource,
        "subresource": subresource,
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await client.request("POST", path, review)
    allowed: bool = answer["status"]["allowed"]
    return allowed
