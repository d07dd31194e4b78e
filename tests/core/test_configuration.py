"""ConfigMap to configuration: key by key, each fault alone and with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.configuration import Configuration, ServiceSpec, compile_configuration
from notifier.core.errors import Problem
from notifier.core.templates import Leaf
from notifier.languages import INSTALLED, Languages
from tests.strategies.kinds import KINDS
from tests.strategies.tongues import BOTH

SECRET = {"token": b"xoxb-1", "line": b"v\n", "bytes": b"\xff", "port": b"25"}


def compiled(
    keys: Mapping[str, str],
    secret: Mapping[str, bytes] | None = None,
    *,
    languages: Languages = BOTH,
    **options: Any,
) -> Configuration:
    """Compile a ConfigMap."""
    options.setdefault("catalogue", Configuration())
    return compile_configuration(
        keys, secret or {}, types=KINDS, document="cm", languages=languages, **options
    )


def catalogue(**keys: str) -> Configuration:
    """Compile a catalogue: `t_x` is a template, `g_x` a trigger."""
    names = {"t": "template.", "g": "trigger."}
    given = {names[key[0]] + key[2:].replace("_", "-"): text for key, text in keys.items()}
    return compile_configuration(given, {}, Configuration(), KINDS, document="catalogue")


def the(configuration: Configuration, key: str, severity: str = "error") -> Problem:
    """Return the only problem of a key with a severity."""
    found = [
        problem
        for problem in configuration.problems
        if problem.key == key and problem.severity == severity
    ]
    assert len(found) == 1, configuration.problems
    return found[0]


def silent(configuration: Configuration, severity: str = "error") -> bool:
    """Say whether there is no problem of a severity."""
    return not [each for each in configuration.problems if each.severity == severity]


STOCK = {
    "g_on_rollout_completed": "- send: [done]",
    "g_on_rollout_paused": "- send: [waits]",
    "t_done": "message: stock done",
    "t_waits": "message: stock waits",
}


# --- where items come from ----------------------------------------------------------------------


def test_an_empty_config_map_serves_the_catalogue() -> None:
    """Annotations alone can use what is shipped (configuration.md 1)."""
    configuration = compiled({}, catalogue=catalogue(**STOCK), cluster="prod", scope="central")
    assert set(configuration.triggers) == {"on-rollout-completed", "on-rollout-paused"}
    assert set(configuration.templates) == {"done", "waits"}
    assert configuration.context == {"cluster": "prod"}
    assert not configuration.problems


def test_items_override_by_name_and_null_disables() -> None:
    """An own template replaces the shipped one; an empty key takes an item away."""
    configuration = compiled(
        {
            "template.done": "message: own",
            "trigger.on-rollout-paused": "null",
            "template.waits": "",
            "trigger.on-x": "- {when: x, send: [done]}",
        },
        catalogue=catalogue(**STOCK),
    )
    assert configuration.templates["done"].source == "cm"
    assert set(configuration.triggers) == {"on-rollout-completed", "on-x"}
    assert set(configuration.templates) == {"done"}
    assert not configuration.broken_triggers
    assert not configuration.problems


def test_a_shipped_trigger_without_its_template_is_broken_loudly() -> None:
    """Taking a template away takes its trigger along, with a reason."""
    configuration = compiled({"template.done": "null"}, catalogue=catalogue(**STOCK))
    assert set(configuration.triggers) == {"on-rollout-paused"}
    assert "on-rollout-completed" in configuration.broken_triggers


def test_a_scope_inherits_names_but_no_receivers() -> None:
    """A namespace uses central triggers and templates, not services or subscriptions."""
    central = compiled(
        {
            "service.slack": "token: $token",
            "template.t": "message: m",
            "trigger.on-x": "- {when: x, send: [t]}",
            "subscriptions": "- recipients: [slack:a]",
            "defaultTriggers": "[on-x]",
            "context": "{a: b}",
            "partial.p": "text",
        },
        SECRET,
        cluster="prod",
    )
    tenant = compiled(
        {"template.own": "engine: jinja\nmessage: '{% include \"p\" %}'"},
        catalogue=central,
        scope="shop",
    )
    assert set(tenant.templates) == {"own", "t"}
    assert set(tenant.triggers) == {"on-x"}
    assert (tenant.services, tenant.subscriptions, tenant.default_triggers) == ({}, (), ())
    assert tenant.context == {"a": "b", "cluster": "prod"}
    assert tenant.scope == "shop"


# --- services -----------------------------------------------------------------------------------


def test_a_service_is_decoded_with_its_secret() -> None:
    """Name, scope, type and options; equal endpoints have equal digests."""
    configuration = compiled(
        {"service.slack": "token: $token", "service.slack.second": "{token: $token}"}, SECRET
    )
    first, second = configuration.services["slack"], configuration.services["second"]
    assert isinstance(first, ServiceSpec)
    assert (first.name, first.type.name, first.scope) == ("slack", "slack", "central")
    assert first.options == {"token": "xoxb-1"}
    assert first.endpoint == second.endpoint
    other = compiled({"service.slack": "token: $token"}, {"token": b"xoxb-2"})
    assert other.services["slack"].endpoint != first.endpoint
    assert "xoxb" not in repr(configuration)
    assert silent(configuration)


@pytest.mark.parametrize(
    ("key", "text", "message", "place"),
    [
        ("service.slack.a.b", "token: x", "one or two names", (0, 0)),
        ("service.", "token: x", "one or two names", (0, 0)),
        ("service.slak", "token: x", "no service type slak", (1, 1)),
        ("service.zzz", "token: x", "no service type zzz", (1, 1)),
        ("service.slack", "- a", "a service is a mapping, this is a list", (1, 1)),
        ("service.slack", "a: [", "not valid YAML", (2, 1)),
        ("service.email", "host: h\nport: '25'", "port: 25 is no number", (2, 1)),
        ("service.slack", "token: $none", "the Secret has no key none, which token refers", (1, 1)),
        ("service.slack", "Token: $none", "has no key none, which Token refers", (1, 1)),
        ("service.slack", "token: $bytes", "is not UTF-8", (1, 1)),
        ("service.webhook.w", "basicAuth: {password: $none}", "basicAuth.password", (1, 1)),
        (
            "service.webhook.w",
            "headers: [{name: Authorization, value: x $none}]",
            "Authorization",
            (1, 1),
        ),
    ],
)
def test_service_faults(key: str, text: str, message: str, place: tuple[int, int]) -> None:
    """A fault disables that service, and deliveries to it learn why."""
    configuration = compiled({key: text, "service.console": "{}"}, SECRET)
    problem = the(configuration, key)
    assert message in str(problem)
    assert (problem.line, problem.column) == place
    assert problem.document == "cm"
    assert set(configuration.services) == {"console"}
    if "names" not in message:
        assert key.rpartition(".")[2] in configuration.broken_services


@pytest.mark.parametrize(
    ("key", "text", "message", "place"),
    [
        ("service.slack", "token: x\ntokn: y", "tokn: unknown option", (2, 1)),
        ("service.slack", "token: x\nicon: $none", "$none stays as it is in icon", (2, 7)),
        ("service.slack", "token: $line", "the key line ends in a newline", (1, 1)),
        ("service.slack", "token: x\ntoken: y", "written twice, first in line 1", (2, 1)),
    ],
)
def test_service_warnings(key: str, text: str, message: str, place: tuple[int, int]) -> None:
    """What is accepted but probably not meant is said."""
    configuration = compiled({key: text}, {"line": b"v\n"})
    problem = the(configuration, key, "warning")
    assert message in str(problem)
    assert (problem.line, problem.column) == place
    assert silent(configuration)


def test_no_error_shows_a_value_of_the_secret() -> None:
    """A decoder's text is redacted (security.md S11)."""
    configuration = compiled({"service.email": "host: h\nport: $token"}, SECRET)
    problem = the(configuration, "service.email")
    assert (problem.field, problem.message) == ("port", "*** is no number, remove the quotes")
    warned = compiled({"service.slack": "{token: a, $token: b}"}, SECRET)
    assert the(warned, "service.slack", "warning").message == "***: unknown option"
    empty = compiled({"service.email": "host: h\nport: $none2"}, {"none2": b" "})
    assert "is no number" in the(empty, "service.email").message


def test_the_secret_is_called_by_its_name() -> None:
    """The error names key and Secret."""
    configuration = compiled({"service.slack": "token: $none"}, secret_name="my-secret")
    assert "my-secret has no key none" in the(configuration, "service.slack").message


def test_two_keys_for_one_name_disable_it_and_name_each_other() -> None:
    """Upstream picks one at random."""
    configuration = compiled({"service.slack.a": "token: x", "service.webhook.a": "url: x"})
    assert "service.webhook.a" in the(configuration, "service.slack.a").message
    assert "service.slack.a" in the(configuration, "service.webhook.a").message
    assert configuration.services == {}
    assert "twice" in configuration.broken_services["a"]


# --- templates ----------------------------------------------------------------------------------


def test_a_template_is_compiled_in_its_language() -> None:
    """Every text of every block, structures and maps included."""
    configuration = compiled(
        {
            "template.a.b": "Message: '{{ x }}'\nWEBHOOK: {h: {Body: [1, '{{ x }}'], method: PUT}}"
            "\nemail: {headers: {X-A: '{{ x }}'}, subject: 12}"
        }
    )
    template = configuration.templates["a.b"]
    assert template.engine == "go"
    assert isinstance(template.message, Leaf)
    body = template.blocks["webhook"]["h"]["body"]
    assert (body[0], body[1].field) == (1, "WEBHOOK.h.Body[1]")
    assert body[1].program.render({}) == "{{ X }}"
    assert template.blocks["webhook"]["h"]["method"] == "PUT"
    assert template.blocks["email"]["headers"]["X-A"].program.render({}) == "{{ X }}"
    assert template.blocks["email"]["subject"].program.render({}) == "12"
    assert silent(configuration)


@pytest.mark.parametrize(
    ("text", "field", "place", "message"),
    [
        ("- a", "", (1, 1), "a template is a mapping, this is a list"),
        ("text", "", (1, 1), "a template is a mapping, this is a text"),
        ("message: {{x}}", "", (1, 11), "no text"),
        ("message: |\n  a\n  {{ bad {% }}", "message", (3, 0), "unexpected"),
        ("message: [a]", "message", (1, 10), "is a list, but a text is expected"),
        ("slack: text", "slack", (1, 8), "is a text, but a mapping is expected"),
        ("slack:\n  username: {a: b}", "slack.username", (2, 13), "but a text is expected"),
        ("webhook:\n  method: PUT", "webhook.method", (2, 11), "is a text, but a mapping"),
        ("email:\n  headers: [a]", "email.headers", (2, 12), "is a list, but a mapping"),
        ("engine: perl\nmessage: a", "message", (2, 10), "engine 'perl' does not exist"),
        ("engine: perl", "", (1, 1), "engine 'perl' does not exist"),
        ("engine: jinja\nmessage: |\n  a\n  {{ x", "message", (4, 0), "unexpected end"),
        ("engine: jinja\nmessage: '{% include \"p\" %}'", "message", (2, 0), "no partial.p"),
    ],
)
def test_template_faults(text: str, field: str, place: tuple[int, int], message: str) -> None:
    """Each fault has field, line and column within the key's text."""
    configuration = compiled({"template.t": text, "template.u": "message: ok"})
    problem = the(configuration, "template.t")
    assert message in problem.message
    assert (problem.field, problem.line, problem.column) == (field, *place)
    assert set(configuration.templates) == {"u"}


@pytest.mark.parametrize(
    ("text", "field", "line", "message", "fix"),
    [
        ("messge: a", "messge", 1, "unknown field", "did you mean message?"),
        ("message: a\ntelegram: {}", "telegram", 2, "unknown field", ""),
        ("slack:\n  colour: a", "slack.colour", 2, "unknown field", ""),
        ("webhook:\n  h:\n    metod: a", "webhook.h.metod", 3, "unknown field", "method"),
        (
            "message: '{{ .app.metadata.name }}'",
            "message",
            1,
            "app.metadata exists in Argo CD only",
            "",
        ),
        ("message: '{{ app.status.x }}'", "message", 1, "exists in Argo CD only", ""),
        ("message: '{{ .context.argocdUrl }}'", "message", 1, "exists in Argo CD only", ""),
    ],
)
def test_template_warnings(text: str, field: str, line: int, message: str, fix: str) -> None:
    """What has no effect is named, with what was probably meant."""
    configuration = compiled(
        {"template.t": text, "trigger.on-x": "- {when: x, send: [t]}"}, languages=BOTH
    )
    problem = the(configuration, "template.t", "warning")
    assert message in problem.message
    assert fix in problem.fix
    assert (problem.field, problem.line) == (field, line)
    assert "t" in configuration.templates


@pytest.mark.parametrize(
    "text", ["message:", "slack:", "webhook: {h: null}", "slack: {icon: null}"]
)
def test_nothing_is_no_fault(text: str) -> None:
    """An empty value does not exist."""
    configuration = compiled({"template.t": text, "trigger.on-x": "- {when: x, send: [t]}"})
    assert not configuration.problems
    assert not any(
        value for block in configuration.templates["t"].blocks.values() for value in block.values()
    )


# --- triggers -----------------------------------------------------------------------------------

T = {"template.t": "message: m"}


def test_a_trigger_is_compiled() -> None:
    """Conditions keep their order, text and key."""
    configuration = compiled(
        {
            **T,
            "trigger.on-x": "- {When: x, oncePer: y, send: [t], description: 5}\n"
            "- {when: true, send: [t, t]}",
        }
    )
    first, second = configuration.triggers["on-x"].conditions
    assert first.when is not None
    assert first.when.evaluate({"x": True}) is True
    assert first.once_per is not None
    assert (first.index, first.send, first.text, first.description) == (0, ("t",), "x", "5")
    assert first.key.startswith("[0].")
    assert (second.text, second.send, second.once_per) == ("true", ("t", "t"), None)
    assert configuration.triggers["on-x"].source == "cm"
    assert not configuration.problems


@pytest.mark.parametrize(
    ("text", "field", "place", "message", "fix"),
    [
        ("send: [t]", "", (1, 1), "a trigger is a list of conditions, this is a mapping", "dash"),
        ("- a", "[0]", (1, 3), "a condition is a mapping", ""),
        ("- send: t", "[0].send", (1, 9), "is a text, but a list is expected: write [t]", ""),
        ("- send: [u]", "[0].send[0]", (1, 10), "sends template u, which does not exist", ""),
        ("- send: [t, tt]", "[0].send[1]", (1, 13), "does not exist", "did you mean t"),
        ("- send: [broken]", "[0].send[0]", (1, 10), "cannot be used", "see template.broken"),
        ("- send: [t]\n  when: [a]", "[0].when", (2, 9), "but a text is expected", ""),
        ("- send: [t]\n  when: |\n    x y", "[0].when", (3, 3), "unexpected token", ""),
        ("- send: [t]\n  oncePer: x y", "[0].oncePer", (2, 3), "unexpected token", ""),
        ("- send: [t]\n  when: '{{'\n  [", "", (4, 1), "not valid YAML", ""),
    ],
)
def test_trigger_faults(
    text: str, field: str, place: tuple[int, int], message: str, fix: str
) -> None:
    """A fault disables that trigger, and its subscribers learn why."""
    configuration = compiled(
        {
            **T,
            "template.broken": "- a",
            "trigger.on-x": text,
            "trigger.on-y": "- {when: y, send: [t]}",
        }
    )
    problem = the(configuration, "trigger.on-x")
    assert message in problem.message
    assert fix in problem.fix
    assert (problem.field, problem.line, problem.column) == (field, *place)
    assert set(configuration.triggers) == {"on-y"}
    assert "on-x" in configuration.broken_triggers


@pytest.mark.parametrize(
    ("name", "text", "field", "message", "fix"),
    [
        (
            "on-x",
            "- {condition: x, when: y, send: [t]}",
            "[0].condition",
            "unknown field",
            "did you mean when?",
        ),
        ("on-x", "- {when: y}", "[0]", "sends no template", "add `send"),
        ("on-x", "- {send: [t]}", "[0]", "never fires", "add a `when`"),
        ("on-rollout-completd", "- {send: [t]}", "[0]", "never fires", "on-rollout-completed"),
        ("on-traffic-routing-error", "- {send: [t]}", "[0]", "never fires", "on-rollout-degraded"),
        ("on-x", "- {when: app.status.x, send: [t]}", "[0].when", "exists in Argo CD only", ""),
    ],
)
def test_trigger_warnings(name: str, text: str, field: str, message: str, fix: str) -> None:
    """What compiles but does not do what it seems to is named."""
    configuration = compiled({**T, f"trigger.{name}": text})
    problem = next(each for each in configuration.problems if each.key == f"trigger.{name}")
    assert message in problem.message
    assert fix in problem.fix
    assert problem.field == field
    assert problem.severity == "warning"
    assert name in configuration.triggers


@pytest.mark.parametrize("name", ["on-rollout-completed", "on-metric-failed"])
def test_a_lifecycle_name_needs_no_when(name: str) -> None:
    """It is sent at every transition."""
    assert not compiled({**T, f"trigger.{name}": "- {send: [t]}"}).problems


def test_without_interpreters_nothing_is_guessed() -> None:
    """A condition and an undeclared template say what they need."""
    configuration = compiled(
        {
            "template.go": "message: '{{.x}}'",
            "template.plain": "message: m",
            "template.own": "engine: Jinja\nmessage: '{{ x }}'",
            "trigger.on-rollout-completed": "- send: [plain, own]",
            "trigger.on-rollout-paused": "- {when: x, send: [plain]}",
            "trigger.on-rollout-aborted": "- {oncePer: x, send: [plain]}",
        },
        languages=Languages(templates={"jinja": INSTALLED.templates["jinja"]}),
    )
    assert set(configuration.templates) == {"plain", "own"}
    assert set(configuration.triggers) == {"on-rollout-completed"}
    assert "may be a Go template" in the(configuration, "template.go").message
    for name, field in (("paused", "[0].when"), ("aborted", "[0].oncePer")):
        problem = the(configuration, f"trigger.on-rollout-{name}")
        assert problem.message == "needs the expr interpreter, not available yet"
        assert problem.field == field


# --- the small keys -----------------------------------------------------------------------------


def test_subscriptions_defaults_context_and_partials() -> None:
    """The small keys are compiled into place."""
    configuration = compiled(
        {
            **T,
            "service.slack": "token: x",
            "trigger.on-x": "- {when: x, send: [t]}",
            "subscriptions": "- recipients: ['slack:a:b', slack]\n  selector: team in (shop)\n"
            "  triggers: [on-x]\n- {recipients: ['slack: c'], triggers: []}",
            "defaultTriggers": "[on-x]",
            "defaultTriggers.slack": "",
            "context": "{url: https://x, size: 1}",
            "partial.p": "text {{ x }}\n",
        },
        cluster="",
    )
    first, second = configuration.subscriptions
    assert first.recipients == (("slack", "a:b"), ("slack", ""))
    assert (first.triggers, first.selector) == (("on-x",), "team in (shop)")
    assert first.compiled.matches({"team": "shop"})
    assert (second.recipients, second.triggers, second.index) == ((("slack", " c"),), None, 1)
    assert configuration.default_triggers == ("on-x",)
    assert configuration.default_triggers_by_service == {"slack": ()}
    assert configuration.context == {"url": "https://x", "size": "1", "cluster": ""}
    assert configuration.partials == {"p": "text {{ x }}\n"}
    assert not configuration.problems


def test_the_cluster_name_is_always_in_the_context() -> None:
    """The daemon's own setting wins over the written one, and an unset one does not."""
    keys = {"context": "cluster: written"}
    assert compiled(keys, cluster="prod").context == {"cluster": "prod"}
    assert compiled(keys).context == {"cluster": "written"}


@pytest.mark.parametrize(
    ("key", "text", "field", "place", "message"),
    [
        ("subscriptions", "a: b", "", (1, 1), "subscriptions are a list"),
        ("subscriptions", "- a", "[0]", (1, 3), "a subscription is a mapping"),
        ("subscriptions", "- recipients: a", "[0].recipients", (1, 15), "but a list is expected"),
        (
            "subscriptions",
            "- {recipients: [console], triggers: x}",
            "[0].triggers",
            (1, 37),
            "list",
        ),
        (
            "subscriptions",
            "- recipients: [console]\n  selector: a b",
            "[0].selector",
            (2, 13),
            "label",
        ),
        (
            "subscriptions",
            "- recipients: [console]\n  selector: [a]",
            "[0].selector",
            (2, 13),
            "text",
        ),
        ("defaultTriggers", "on-x", "", (1, 1), "is a text, but a list is expected"),
        ("defaultTriggers.console", "{a: b}", "", (1, 1), "is a mapping, but a list is expected"),
        ("defaultTriggers", "[", "", (2, 1), "not valid YAML"),
        ("context", "[a]", "", (1, 1), "context is a mapping of texts"),
        ("context", "a: [b]", "a", (1, 4), "but a text is expected"),
        ("context", "{", "", (2, 1), "not valid YAML"),
        ("subscriptions", "[", "", (2, 1), "not valid YAML"),
    ],
)
def test_faults_of_small_keys(
    key: str, text: str, field: str, place: tuple[int, int], message: str
) -> None:
    """Each fault has its place; other items and keys are not harmed."""
    configuration = compiled({key: text, "service.console": "{}"})
    problem = the(configuration, key)
    assert message in problem.message
    assert (problem.field, problem.line, problem.column) == (field, *place)
    assert "console" in configuration.services


def test_a_bad_subscription_harms_no_other() -> None:
    """The items beside it stay."""
    keys = {"subscriptions": "- a\n- recipients: [console]", "service.console": ""}
    assert [item.index for item in compiled(keys).subscriptions] == [1]


# --- what is seen with all keys at hand -----------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "key", "field", "message", "fix"),
    [
        ({"triggers.on-x": ""}, "triggers.on-x", "", "unknown key", "did you mean trigger.on-x?"),
        ({"subscription": ""}, "subscription", "", "unknown key", "did you mean subscriptions?"),
        ({"zzz.on-x": ""}, "zzz.on-x", "", "unknown key", ""),
        (T, "template.t", "", "no trigger sends", ""),
        (
            {"subscriptions": "- {recipients: [consle:a], triggers: [on-rollout-paused]}"},
            "subscriptions",
            "[0].recipients",
            "no service consle",
            "console",
        ),
        (
            {"subscriptions": "- {recipients: [console], triggers: [on-rollout-pausd]}"},
            "subscriptions",
            "[0].triggers",
            "no trigger on-rollout-pausd",
            "on-rollout-paused",
        ),
        ({"subscriptions": "- selector: a"}, "subscriptions", "[0]", "has no recipients", ""),
        (
            {"subscriptions": "- recipients: [console]"},
            "subscriptions",
            "[0]",
            "sends nothing",
            "triggers:",
        ),
        (
            {"subscriptions": "- {recipient: a, recipients: [console], triggers: [on-skip-steps]}"},
            "subscriptions",
            "[0].recipient",
            "unknown field",
            "recipients",
        ),
        (
            {"defaultTriggers": "[on-rollout-pausd]"},
            "defaultTriggers",
            "",
            "no trigger",
            "on-rollout-paused",
        ),
        (
            {"defaultTriggers.consol": "[]"},
            "defaultTriggers.consol",
            "",
            "no service consol",
            "console",
        ),
    ],
)
def test_lint(keys: dict[str, str], key: str, field: str, message: str, fix: str) -> None:
    """Names that lead nowhere and items nobody uses are named."""
    problem = the(compiled({"service.console": "", **keys}), key, "warning")
    assert message in problem.message
    assert fix in problem.fix
    assert problem.field == field


def test_unused_keys_of_the_secret_are_named() -> None:
    """A key that no service refers to is a warning."""
    configuration = compiled({"service.slack": "token: $token"}, {"token": b"a", "other": b"b"})
    assert [problem.message for problem in configuration.problems] == [
        "the Secret's key other is used by no service"
    ]


# --- the last good version ------------------------------------------------------------------------

GOOD = {
    "service.slack": "token: $token",
    "template.t": "message: good",
    "trigger.on-x": "- {when: x, send: [t]}",
    "subscriptions": "- recipients: [slack:a]",
    "defaultTriggers": "[on-x]",
    "defaultTriggers.slack": "[on-x]",
    "context": "a: good",
}


@pytest.mark.parametrize("key", sorted(GOOD))
def test_the_last_good_version_stays_in_force(key: str) -> None:
    """A bad key keeps what it was, and the others what they are (design.md 4)."""
    good = compiled(GOOD, SECRET)
    bad = compiled({**GOOD, key: "[a: "}, SECRET, previous=good)
    assert the(bad, key).severity == "error"
    assert bad.services == good.services
    assert bad.broken_services == {}
    assert set(bad.templates) == {"t"}
    assert set(bad.triggers) == {"on-x"}
    assert bad.broken_triggers == {}
    assert bad.subscriptions == good.subscriptions
    assert bad.default_triggers == good.default_triggers
    assert bad.default_triggers_by_service == good.default_triggers_by_service
    assert bad.context == good.context


def test_without_a_former_version_only_the_key_is_lost() -> None:
    """A bad list of a service's default triggers is no list at all."""
    configuration = compiled({**GOOD, "defaultTriggers.slack": "x"}, SECRET)
    assert configuration.default_triggers_by_service == {}
    assert configuration.default_triggers == ("on-x",)


def test_a_removed_key_is_gone() -> None:
    """Only a bad key has a last good version, not a removed one."""
    later = compiled({}, SECRET, previous=compiled(GOOD, SECRET))
    assert (later.services, later.triggers, later.templates) == ({}, {}, {})
    assert (later.subscriptions, later.default_triggers) == ((), ())


def test_a_lost_credential_leaves_nothing_in_force() -> None:
    """A reference that is gone from the Secret disables the service (configuration.md 4)."""
    later = compiled(GOOD, {}, previous=compiled(GOOD, SECRET))
    assert later.services == {}
    assert "no key token" in later.broken_services["slack"]


def test_the_catalogue_is_no_former_version() -> None:
    """A bad override does not bring the shipped item back: it was replaced on purpose."""
    stock = catalogue(**STOCK)
    before = compiled({}, catalogue=stock)
    after = compiled(
        {"trigger.on-rollout-completed": "a", "template.waits": "a"},
        catalogue=stock,
        previous=before,
    )
    assert set(after.templates) == {"done"}
    assert set(after.broken_triggers) == {"on-rollout-completed", "on-rollout-paused"}


def test_a_former_trigger_needs_its_templates() -> None:
    """A kept trigger whose template is gone is broken all the same."""
    before = compiled(GOOD, SECRET)
    keys = {"template.u": "message: u", "trigger.on-x": "a"}
    after = compiled(keys, previous=before)
    assert after.triggers == {}
    assert "on-x" in after.broken_triggers


def test_it_is_idempotent() -> None:
    """Compiling the same again gives the same problems and names."""
    once = compiled(GOOD, SECRET)
    again = compiled(GOOD, SECRET, previous=once)
    assert once.problems == again.problems
    assert once.services == again.services


TEXTS = st.text(max_size=30) | st.sampled_from(list(GOOD.values()))
KEYS = st.sampled_from([*GOOD, "service.email.a", "partial.p", "x"]) | st.text(max_size=12)


@given(st.dictionaries(KEYS, TEXTS, max_size=6))
def test_any_config_map_compiles(keys: dict[str, str]) -> None:
    """Whatever is written, a configuration comes out, and every fault names its key."""
    configuration = compiled(keys, SECRET)
    assert all(not each.key or each.key in keys for each in configuration.problems)
