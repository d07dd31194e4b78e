"""Files given to commands: what is picked from them, and where its parts stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.cli import documents
from notifier.core.errors import ConfigError, Problem

NAMES = {
    "config_map": "argo-rollouts-notification-cm",
    "secret_name": "argo-rollouts-notification-secret",
}

MANIFESTS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: argo-rollouts-notification-cm
data:
  service.slack: |
    token: $slack-token
  template.t: "message: hi"
---
apiVersion: v1
kind: Secret
metadata:
  name: argo-rollouts-notification-secret
data:
  slack-token: eG94Yg==
  both: YQ==
stringData:
  both: b
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: another
data:
  template.t: "message: no"
"""


def write(folder: Path, text: str, name: str = "config.yaml") -> str:
    """Write a file and return its path."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_config_map_and_secret_are_picked_by_kind_and_name(tmp_path: Path) -> None:
    """The other ConfigMap is left alone; stringData wins over data, base64 is decoded."""
    found = documents.configured([write(tmp_path, MANIFESTS)], **NAMES)
    assert found.data == {"service.slack": "token: $slack-token\n", "template.t": "message: hi"}
    assert found.secret == {"slack-token": b"xoxb", "both": b"b"}
    assert found.name == "argo-rollouts-notification-cm"


@pytest.mark.parametrize(
    ("key", "problem", "place"),
    [
        pytest.param("service.slack", (1, 8), (7, 12), id="in-a-block"),
        pytest.param("service.slack", (1, 0), (7, 0), id="line-only"),
        pytest.param("service.slack", (0, 0), (6, 18), id="the-value-itself"),
        pytest.param("template.t", (0, 0), (8, 15), id="a-quoted-value"),
    ],
)
def test_a_fault_in_a_value_is_shown_at_its_place_in_the_file(
    tmp_path: Path, key: str, problem: tuple[int, int], place: tuple[int, int]
) -> None:
    """Line and column of the value become line and column of the file."""
    file = write(tmp_path, MANIFESTS)
    origin = documents.configured([file], **NAMES).origins[key]
    line, column = problem
    located = origin.locate(Problem(document="cm", key=key, message="m", line=line, column=column))
    assert (located.document, located.line, located.column) == (file, *place)


def test_later_files_win_key_by_key(tmp_path: Path) -> None:
    """A second file changes the keys it has and leaves the others."""
    second = (
        "kind: ConfigMap\nmetadata: {name: argo-rollouts-notification-cm}\ndata: {a: '2', c: '3'}\n"
    )
    first = second.replace("{a: '2', c: '3'}", "{a: '1', b: '1'}")
    files = [write(tmp_path, first, "1.yaml"), write(tmp_path, second, "2.yaml")]
    assert documents.configured(files, **NAMES).data == {"a": "2", "b": "1", "c": "3"}


def test_the_name_upstream_reads_is_second_choice(tmp_path: Path) -> None:
    """A ConfigMap written for the built-in sender is checked without renaming it."""
    text = MANIFESTS.replace("notification-cm", "notification-configmap")
    assert documents.configured([write(tmp_path, text)], **NAMES).name.endswith("configmap")


def test_the_only_config_map_counts_whatever_its_name(tmp_path: Path) -> None:
    """There is nothing else it could be."""
    text = "kind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n"
    assert documents.configured([write(tmp_path, text)], **NAMES).data == {"a": "b"}


def test_lists_are_opened_and_json_is_read(tmp_path: Path) -> None:
    """`kubectl get -o json` gives a List."""
    text = '{"kind": "List", "items": [{"kind": "ConfigMap", "metadata": {}, "data": {"a": "b"}}]}'
    assert documents.configured([write(tmp_path, text)], **NAMES).data == {"a": "b"}


def test_secret_of_its_own_file_or_none(tmp_path: Path) -> None:
    """`--secret FILE` takes any name; `:empty` is an empty Secret; without either there is none."""
    config = write(tmp_path, "kind: ConfigMap\ndata: {a: b}\n")
    secret = write(tmp_path, "kind: Secret\nmetadata: {name: s}\nstringData: {t: v}\n", "s.yaml")
    assert documents.configured([config], secret=secret, **NAMES).secret == {"t": b"v"}
    assert documents.configured([config], secret=":empty", **NAMES).secret == {}
    assert documents.configured([config], **NAMES).secret is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", r"config\.yaml:2:1.*not valid YAML", id="syntax"),
        pytest.param("- a\n", "not a Kubernetes object", id="a-list"),
        pytest.param("kind: Pod\n", "no ConfigMap, but Pod", id="other-kind"),
        pytest.param("kind: ConfigMap\ndata: [a]\n", r":2:7: .*mapping", id="data-is-a-list"),
        pytest.param(
            "kind: ConfigMap\ndata:\n  a: 1\n", r":3:6: .*data\.a.*texts only", id="number"
        ),
        pytest.param(
            "kind: ConfigMap\n---\nkind: Secret\ndata: {t: 'x'}\n",
            r"data\.t.*not base64",
            id="base64",
        ),
        pytest.param(
            "kind: ConfigMap\nmetadata: {name: x}\n---\nkind: ConfigMap\nmetadata: {name: z}\n",
            "several objects of kind ConfigMap.*x, z",
            id="which-one",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    """The error names file, place and fix."""
    with pytest.raises(ConfigError, match=message):
        documents.configured([write(tmp_path, text)], **NAMES)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path and the reason are in the error."""
    with pytest.raises(ConfigError, match=r"gone\.yaml: No such file"):
        documents.manifests(str(tmp_path / "gone.yaml"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        documents.manifests(str(tmp_path / "binary"))


def test_objects_by_kind(tmp_path: Path) -> None:
    """A Rollout is found among others; none is an error that says how to get one."""
    file = write(tmp_path, "kind: Service\n---\nkind: Rollout\nmetadata: {name: a}\n")
    assert documents.objects(file, "Rollout")[0]["metadata"] == {"name": "a"}
    with pytest.raises(ConfigError, match=r"no AnalysisRun.*kubectl get analysisrun"):
        documents.objects(file, "AnalysisRun")
