"""Settings: file, environment and flags; one clear error for what cannot be used."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.cli.settings_loading import fields, load
from notifier.core.errors import SettingsError
from notifier.core.settings import Settings


def write(folder: Path, text: str) -> Path:
    """Write a settings file."""
    file = folder / "settings.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_given_is_the_defaults() -> None:
    """No file, no environment, no flags: the defaults, no warning."""
    assert load(None, {"PATH": "/bin"}, {}) == (Settings(), [])


def test_later_sources_win(tmp_path: Path) -> None:
    """A flag wins over the environment, the environment over the file."""
    file = write(tmp_path, "web: {port: 1, admin_port: 1}\nstore: {path: /a}\n")
    environment = {"NOTIFIER_WEB_PORT": "2", "NOTIFIER_WEB_ADMIN_PORT": "2"}
    settings, _ = load(file, environment, {"web.port": "3"})
    assert (settings.web.port, settings.web.admin_port, settings.store.path) == (3, 2, "/a")


def test_every_kind_of_value_in_a_file(tmp_path: Path) -> None:
    """Texts, numbers, choices, booleans, lists and maps are read by the type of their field."""
    file = write(
        tmp_path,
        """
        cluster:
          name: 2024
          namespaces: [shop, pay]
        store:
          type: memory
          retention_days: 8
        delivery:
          shadow: true
          max_age_s: {paused: 60, progress: 1.5}
          allow_addresses:
        log:
        """,
    )
    settings, _ = load(file, {}, {})
    assert settings.cluster.name == "2024"
    assert settings.cluster.namespaces == ("shop", "pay")
    assert settings.store.type == "memory"
    assert settings.store.retention_days == 8.0
    assert settings.delivery.shadow is True
    assert settings.delivery.max_age_s == {"paused": 60.0, "progress": 1.5}
    assert settings.delivery.allow_addresses == ()


def test_lists_and_maps_in_the_environment() -> None:
    """Commas separate, `=` binds."""
    environment = {
        "NOTIFIER_CLUSTER_NAMESPACES": "shop, pay",
        "NOTIFIER_DELIVERY_MAX_AGE_S": "paused=60,progress=600",
    }
    settings, _ = load(None, environment, {})
    assert settings.cluster.namespaces == ("shop", "pay")
    assert settings.delivery.max_age_s == {"paused": 60.0, "progress": 600.0}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param(
            "web:\n  port: eighty\n", [":2:", "web.port", "'eighty'", "whole number"], id="word"
        ),
        pytest.param("web: {port: 70000}", ["web.port", "70000", "0 to 65535"], id="range"),
        pytest.param("web: {port: [1]}", ["web.port", "not a list"], id="list-for-value"),
        pytest.param("web: {prot: 1}", ["web.prot", "did you mean web.port?"], id="unknown-key"),
        pytest.param("wep: {port: 1}", ["wep", "did you mean web?"], id="unknown-section"),
        pytest.param("web: 8080", ["web", "mapping"], id="section-is-a-value"),
        pytest.param("- web", ["mapping"], id="list-at-the-top"),
        pytest.param("log: {format: xml}", ["log.format", "'xml'", "json or text"], id="choice"),
        pytest.param("delivery: {shadow: yes}", ["delivery.shadow", "true or false"], id="bool"),
        pytest.param(
            "delivery: {max_age_s: {paused: soon}}",
            ["max_age_s", "paused", "'soon'"],
            id="map-value",
        ),
        pytest.param("delivery: {max_age_s: [1]}", ["max_age_s", "mapping"], id="list-for-map"),
        pytest.param("cluster: {namespaces: {a: b}}", ["namespaces", "list"], id="map-for-list"),
        pytest.param("cluster: {namespaces: [[a]]}", ["namespaces", "plain values"], id="nested"),
        pytest.param(
            "delivery: {lease_s: 15}", ["delivery.lease_s", "15 s", "sent twice"], id="lease"
        ),
        pytest.param(
            "delivery: {max_age_s: {pause: 1}}",
            ["delivery.max_age_s", "'pause'", "did you mean paused?"],
            id="unknown-kind",
        ),
        pytest.param(
            "delivery: {max_age_s: {news: 604800}}",
            ["store.retention_days", "longer than the greatest"],
            id="retention",
        ),
        pytest.param("web:\n\tport: 1\n", ["settings.yaml:2", "YAML"], id="tab"),
        pytest.param("delivery: {timeout_s: nan}", ["timeout_s", "out of range"], id="nan"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path: Path, text: str, parts: list[str]) -> None:
    """The error names file, line, key, value and fix."""
    with pytest.raises(SettingsError) as caught:
        load(write(tmp_path, text), {}, {})
    message = str(caught.value)
    assert [part for part in ["settings", *parts] if part not in message] == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path and the reason are in the error."""
    with pytest.raises(SettingsError, match=r"gone\.yaml.*No such file"):
        load(tmp_path / "gone.yaml", {}, {})


def test_a_bad_variable_is_named() -> None:
    """The environment is named as source, the variable as key."""
    with pytest.raises(SettingsError, match=r"environment.*NOTIFIER_WEB_PORT.*'x'"):
        load(None, {"NOTIFIER_WEB_PORT": "x"}, {})


def test_an_unknown_flag_path_is_named_with_the_nearest() -> None:
    """`--set web.prot=1` says what was meant."""
    with pytest.raises(SettingsError, match=r"command line.*web\.prot.*web\.port"):
        load(None, {}, {"web.prot": "1"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NOTIFIER_WEB_PORT", "tcp://10.0.0.1:8080"),
        ("NOTIFIER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("NOTIFIER_SERVICE_HOST", "10.0.0.1"),
        ("NOTIFIER_SERVICE_PORT_METRICS", "8080"),
        ("NOTIFIER_COMMIT", "abc"),
    ],
)
def test_variables_kubernetes_makes_of_services_are_not_settings(variable: str, value: str) -> None:
    """A Service called `notifier` or `notifier-web` changes nothing and warns of nothing."""
    assert load(None, {variable: value}, {}) == (Settings(), [])


def test_an_unknown_variable_is_a_warning() -> None:
    """It may be someone else's, so it stops nothing; the nearest is named."""
    settings, (warning,) = load(None, {"NOTIFIER_STORE_PAHT": "/x"}, {})
    assert settings == Settings()
    assert (warning.severity, warning.key) == ("warning", "NOTIFIER_STORE_PAHT")
    assert "NOTIFIER_STORE_PATH" in warning.fix


@pytest.mark.parametrize("path", sorted(fields()))
def test_every_setting_has_a_variable_and_a_flag(path: str) -> None:
    """What a setting's default says in text is read back as that default from each source."""
    field = fields()[path]
    default = field.default
    text = str(default).lower() if isinstance(default, bool) else str(default)
    if isinstance(default, tuple) or default == {}:
        text = ""
    from_environment, _ = load(None, {field.variable: text}, {})
    from_flag, _ = load(None, {}, {path: text})
    assert from_environment == from_flag == Settings()


@given(st.dictionaries(st.sampled_from(sorted(fields())), st.text(max_size=20), max_size=4))
def test_no_text_escapes_as_another_error(flags: Mapping[str, str]) -> None:
    """Whatever is given, the answer is settings or a `SettingsError`."""
    with contextlib.suppress(SettingsError):
        assert isinstance(load(None, {}, flags)[0], Settings)
