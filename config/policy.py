"""The file `policy.yaml`: sections of the program, limits on losses, and the rules of the gate.

Nothing of a rule stands here: what its settings are called, mean and may be is asked of its class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from config import plugins
from config.profiles import Profile, ProfileChoice
from config.schema import Capital, ClockSection, Execution, ExitsSection, Loop, Supervision, section
from domain.decisions.trims import Upkeep
from domain.market.stablecoin import StablecoinLimits
from domain.portfolio.losses import LossLimits
from domain.risk.rule import EntryRule
from domain.risk.throttle import ThrottleLimits

R = TypeVar("R", bound=EntryRule)

RULES = "rules"
"""The section of what no other section holds: `rules.<code>.<setting>`."""
Keys = tuple[str, ...]
"""Where a setting stands within the file."""


@frozen
class PolicyKey:
    """A setting of the file: where it stands, and the field of the class that owns it."""

    path: Keys
    owner: type
    attribute: Any

    @property
    def optional_rule(self) -> str:
        """The code of the rule that owns it, if that rule only runs where the file names it."""
        owner: Any = self.owner
        return owner.CODE if issubclass(owner, EntryRule) and not owner.DEMANDED_BY else ""

    @property
    def name(self) -> str:
        """The key within the file, as operators write it."""
        return ".".join(self.path)


def _demanded() -> tuple[EntryRule, ...]:
    return tuple(rule() for rule in plugins.rules() if rule.DEMANDED_BY)


@frozen(kw_only=True)
class Policy:
    """What bounds every trade. `rules` are those that run, in order of headline."""

    loop: Loop = section(Loop, "When decisions are made")
    capital: Capital = section(Capital, "How much of the account the system may use")
    execution: Execution = section(Execution, "How entries are worked at the venue")
    exits: ExitsSection = section(ExitsSection, "When a lot is sold without stop or target")
    clock: ClockSection = section(ClockSection, "How wrong this machine's clock may be")
    supervision: Supervision = section(Supervision, "What happens when a part fails")
    throttle: ThrottleLimits = section(ThrottleLimits, "How often the same may happen")
    maintenance: Upkeep = section(Upkeep, "Selling lots down to the caps")
    stablecoin: StablecoinLimits = section(StablecoinLimits, "What a stablecoin may be off")
    losses: LossLimits = field(factory=LossLimits)
    choice: ProfileChoice = field(factory=ProfileChoice)
    rules: tuple[EntryRule, ...] = field(factory=_demanded)

    def rule(self, kind: type[R]) -> R:
        """Return the rule of a class.

        Raises:
            LookupError: it does not run.
        """
        for rule in self.rules:
            if type(rule) is kind:
                return rule
        raise LookupError(f"{kind.__name__} does not run under this policy")

    @property
    def profile(self) -> Profile:
        """Return which profile has given what is not written."""
        return self.choice.profile

    @property
    def owners(self) -> Mapping[type, object]:
        """Everything that has settings here, by its class."""
        sections = (getattr(self, name) for name in SECTIONS)
        parts = (*sections, self.losses, self.choice, *self.rules)
        return {type(part): part for part in parts}

    def settings(self) -> Iterator[tuple[PolicyKey, Any]]:
        """Yield every setting in force with its value."""
        owners = self.owners
        for key in policy_keys():
            if key.owner in owners:
                yield key, getattr(owners[key.owner], key.attribute.name)

    def value(self, name: str) -> Any:
        """Return the value in force of the key `name`, like `caps.total_pct`.

        Raises:
            LookupError: no such key is in force.
        """
        for key, value in self.settings():
            if key.name == name:
                return value
        raise LookupError(f"policy has no value for {name}")


SECTIONS: Mapping[str, type] = MappingProxyType(
    {
        "loop": Loop,
        "capital": Capital,
        "execution": Execution,
        "exits": ExitsSection,
        "clock": ClockSection,
        "supervision": Supervision,
        "throttle": ThrottleLimits,
        "maintenance": Upkeep,
        "stablecoin": StablecoinLimits,
    }
)
"""The sections of the program itself, each a field of `Policy`."""


@cache
def policy_keys() -> tuple[PolicyKey, ...]:
    """Return every setting that the file may hold: sections, profile, losses, then rules.

    Raises:
        ConfigError: a file of a folder of plug-ins cannot be used.
    """
    found = [
        PolicyKey((name, one.name), kind, one)
        for name, kind in SECTIONS.items()
        for one in _fields(kind)
    ]
    parts: tuple[type, ...] = (ProfileChoice, LossLimits, *plugins.rules())
    for kind in parts:
        found += [PolicyKey(_place(kind, one), kind, one) for one in _fields(kind)]
    return tuple(found)


def _place(kind: type, attribute: Any) -> Keys:
    """Return where a setting stands: where it says itself, else under `rules` and its code."""
    at: str = attribute.metadata["at"]
    return tuple(at.split(".")) if at else (*rule_section(kind), attribute.name)


def rule_section(kind: type) -> Keys:
    """Return where the settings of a rule stand that say nothing themselves."""
    return (RULES, getattr(kind, "CODE", kind.__name__))


def _fields(kind: type) -> tuple[Any, ...]:
    return tuple(attrs.fields(attrs.resolve_types(kind)))
