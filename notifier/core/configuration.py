"""ConfigMap and catalogue to `Configuration`; one bad key disables itself and is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notifier.core.compiling import linting, lists, services, templates, triggers
from notifier.core.compiling.reporting import Report
from notifier.core.compiling.services import Broken, ServiceSpec
from notifier.core.errors import Problem
from notifier.core.model import CENTRAL, JsonObject
from notifier.core.service import ServiceType
from notifier.core.subscriptions import GlobalSubscription
from notifier.core.templates import Template
from notifier.core.triggers import Trigger
from notifier.languages import INSTALLED, Languages

__all__ = ["Configuration", "ServiceSpec", "compile_configuration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything one scope says, compiled. Immutable: a change makes a new one."""

    scope: str = CENTRAL
    services: Mapping[str, ServiceSpec] = field(default_factory=dict)
    broken_services: Mapping[str, str] = field(default_factory=dict)
    """Services that a fault disabled, with the reason: deliveries to them get `config_error`."""
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    broken_triggers: Mapping[str, str] = field(default_factory=dict)
    """Triggers that a fault disabled, with the reason: destinations of theirs get
    `config_error`."""
    templates: Mapping[str, Template] = field(default_factory=dict)
    subscriptions: Sequence[GlobalSubscription] = ()
    default_triggers: Sequence[str] = ()
    default_triggers_by_service: Mapping[str, Sequence[str]] = field(default_factory=dict)
    context: JsonObject = field(default_factory=dict)
    partials: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    sealed: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Secret entries that templates may print (`core/sealing.py`): joined in when sending."""


def compile_configuration(
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes],
    catalogue: Configuration,
    types: Mapping[str, ServiceType],
    *,
    document: str,
    scope: str = CENTRAL,
    cluster: str = "",
    previous: Configuration | None = None,
    secret_name: str = "the Secret",  # noqa: S107 - the name of an object
    languages: Languages = INSTALLED,
) -> Configuration:
    """Compile one scope's ConfigMap over a catalogue, key by key (spec/configuration.md 1-7).

    Never raises for a fault of the user's: the key that has it is reported in `problems` (lines
    count within the key's value), its version in `previous` stays in force, and no other key is
    harmed. `catalogue` gives triggers, templates, context and partials that the ConfigMap does not
    define; `document` names the ConfigMap in problems and as the source of its items,
    `secret_name` the Secret.
    """
    compiler = _Compiler(
        config_map=config_map,
        secret=secret,
        catalogue=catalogue,
        types=types,
        document=document,
        scope=scope,
        secret_name=secret_name,
        previous=previous or Configuration(scope=scope),
        languages=languages,
    )
    return compiler.configuration(cluster)


@dataclass(slots=True, kw_only=True)
class _Compiler:
    """One compilation: what is given, and what has been made of it so far."""

    config_map: Mapping[str, str]
    secret: Mapping[str, bytes]
    catalogue: Configuration
    types: Mapping[str, ServiceType]
    document: str
    scope: str
    secret_name: str
    previous: Configuration
    languages: Languages
    problems: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    broken_templates: set[str] = field(default_factory=set)

    def configuration(self, cluster: str) -> Configuration:
        """Compile every key, in the order in which they need each other."""
        for key in sorted(self.config_map):
            if key not in linting.KEYS and not key.startswith(linting.PREFIXES):
                self.problems.append(linting.unknown_key(self.document, key))
        context = self.context(cluster)
        parts = self.partials()
        compiled_templates = self.templates(parts)
        compiled_triggers, broken_triggers = self.triggers(compiled_templates)
        found, broken = self.services()
        subscriptions = self.subscriptions()
        default, by_service = self.default_triggers()
        names = linting.Names(
            document=self.document,
            services=frozenset({*found, *broken}),
            triggers=frozenset({*compiled_triggers, *broken_triggers}),
            own_templates=frozenset(self.names("template.")),
            sent=frozenset(self.sent),
        )
        defaults = {
            "defaultTriggers": default,
            **{f"defaultTriggers.{name}": value for name, value in by_service.items()},
        }
        self.problems += linting.lint(names, subscriptions, defaults, self.secret, self.used)
        return Configuration(
            scope=self.scope,
            services=found,
            broken_services=broken,
            triggers=compiled_triggers,
            broken_triggers=broken_triggers,
            templates=compiled_templates,
            subscriptions=subscriptions,
            default_triggers=default,
            default_triggers_by_service=by_service,
            context=context,
            partials=parts,
            problems=tuple(self.problems),
        )

    def names(self, prefix: str) -> list[str]:
        """Return the names of all keys with a prefix, in order."""
        return sorted(key.removeprefix(prefix) for key in self.config_map if key.startswith(prefix))

    def report(self, key: str) -> Report:
        """Begin the report of one key; its problems are ours."""
        return Report(document=self.document, key=key)

    def parsed(self, key: str) -> Report | None:
        """Parse one key; None, and the fault reported, if it is no YAML or out of bounds."""
        report = self.report(key)
        if report.read(self.config_map[key]):
            return report
        self.close(report)
        return None

    def close(self, report: Report) -> None:
        """Take over what was found out about one key."""
        self.problems += report.problems

    def context(self, cluster: str) -> JsonObject:
        """Compile the central values; the cluster's name is always among them."""
        own: Mapping[str, str] | None = {}
        if "context" in self.config_map:
            report = self.parsed("context")
            own = lists.compile_context(report) if report else None
            if report:
                self.close(report)
        context = {
            **self.catalogue.context,
            **(self.previous.context if own is None else own),
        }
        if cluster or "cluster" not in context:
            context["cluster"] = cluster
        return context

    def partials(self) -> dict[str, str]:
        """Collect the partials; each is checked where it is used."""
        found = {name: self.config_map[f"partial.{name}"] for name in self.names("partial.")}
        return {**self.catalogue.partials, **found}

    def templates(self, parts: Mapping[str, str]) -> dict[str, Template]:
        """Compile the templates over the catalogue's; null disables one."""
        result = dict(self.catalogue.templates)
        blocks = {kind.block.name: kind.block for kind in self.types.values() if kind.block.name}
        for name in self.names("template."):
            result.pop(name, None)
            report = self.parsed(f"template.{name}")
            if report and report.yaml.value is None:
                self.sent.add(name)
                continue
            made = None
            if report:
                made = templates.compile_template(
                    name, report, blocks=blocks, languages=self.languages, partials=parts
                )
                self.close(report)
            former = self.previous.templates.get(name)
            if made is None and former is not None and former.source == self.document:
                made = former
            if made is None:
                self.broken_templates.add(name)
            else:
                result[name] = made
        return result

    def triggers(self, usable: Mapping[str, Template]) -> tuple[dict[str, Trigger], dict[str, str]]:
        """Compile the triggers over the catalogue's; null disables one."""
        known = dict.fromkeys(self.broken_templates, False) | dict.fromkeys(usable, True)
        result, broken = self.inherited_triggers(known)
        for name in self.names("trigger."):
            result.pop(name, None)
            broken.pop(name, None)
            report = self.parsed(f"trigger.{name}")
            if report and report.yaml.value is None:
                continue
            made = None
            reason = "its YAML cannot be read"
            if report:
                self.sent |= triggers.sent(report.yaml.value)
                made = triggers.compile_trigger(
                    name, report, templates=known, languages=self.languages
                )
                self.close(report)
                reason = "; ".join(problem.message for problem in report.errors)
            former = self.previous.triggers.get(name)
            if made is None and former is not None and former.source == self.document:
                made = self.if_usable(former, known)
            if made is None:
                broken[name] = reason
            else:
                result[name] = made
        return result, broken

    def inherited_triggers(
        self, known: Mapping[str, bool]
    ) -> tuple[dict[str, Trigger], dict[str, str]]:
        """Return the catalogue's triggers, those apart whose template this ConfigMap took away."""
        result = {}
        broken = dict(self.catalogue.broken_triggers)
        for name, trigger in self.catalogue.triggers.items():
            self.sent.update(template for item in trigger.conditions for template in item.send)
            if self.if_usable(trigger, known):
                result[name] = trigger
            else:
                broken[name] = "a template it sends is disabled or cannot be used"
        return result, broken

    @staticmethod
    def if_usable(trigger: Trigger, known: Mapping[str, bool]) -> Trigger | None:
        """Return the trigger if every template it sends can be used."""
        names = (template for condition in trigger.conditions for template in condition.send)
        return trigger if all(known.get(name) for name in names) else None

    def services(self) -> tuple[dict[str, ServiceSpec], dict[str, str]]:
        """Compile the services; two keys that give one name disable it."""
        result: dict[str, ServiceSpec] = {}
        broken: dict[str, str] = {}
        keys = [f"service.{rest}" for rest in self.names("service.")]
        twice = services.duplicates(keys)
        for key in keys:
            name = (services.names(key) or ("", ""))[1]
            report = self.report(key)
            if not name:
                report.error("a service's key has one or two names", fix="service.<type>.<name>")
            elif name in twice:
                others = " and ".join(other for other in twice[name] if other != key)
                report.error(f"{others} gives the name {name} too", fix="rename one")
                broken[name] = f"the name {name} is given twice"
            else:
                made = self.service(key, report)
                if isinstance(made, Broken):
                    broken[name] = made.reason
                else:
                    result[name] = made
            self.close(report)
        return result, broken

    def service(self, key: str, report: Report) -> ServiceSpec | Broken:
        """Compile one service; a fault of its text leaves the former version in force."""
        made: ServiceSpec | Broken = Broken("its YAML cannot be read")
        if report.read(self.config_map[key]):
            made = services.compile_service(
                key,
                report,
                self.secret,
                self.types,
                scope=self.scope,
                secret_name=self.secret_name,
                used=self.used,
            )
        if isinstance(made, Broken) and not made.secret:
            name = (services.names(key) or ("", ""))[1]
            return self.previous.services.get(name, made)
        return made

    def subscriptions(self) -> Sequence[GlobalSubscription]:
        """Compile the global list."""
        if "subscriptions" not in self.config_map:
            return ()
        report = self.parsed("subscriptions")
        made = lists.compile_subscriptions(report) if report else None
        if report:
            self.close(report)
        return self.previous.subscriptions if made is None else tuple(made)

    def default_triggers(self) -> tuple[Sequence[str], dict[str, Sequence[str]]]:
        """Compile the default triggers, of all services and of each."""
        default: Sequence[str] = ()
        if "defaultTriggers" in self.config_map:
            made = self.trigger_names("defaultTriggers")
            default = self.previous.default_triggers if made is None else made
        by_service: dict[str, Sequence[str]] = {}
        for service in self.names("defaultTriggers."):
            made = self.trigger_names(f"defaultTriggers.{service}")
            former = self.previous.default_triggers_by_service.get(service)
            if made is not None or former is not None:
                by_service[service] = made if made is not None else former or ()
        return default, by_service

    def trigger_names(self, key: str) -> Sequence[str] | None:
        """Compile one list of trigger names; None if it cannot be used."""
        report = self.parsed(key)
        made = lists.compile_names(report) if report else None
        if report:
            self.close(report)
        return made
