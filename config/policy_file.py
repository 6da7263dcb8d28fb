"""From the mapping of `policy.yaml` to the policy: every owner gets its settings from their places.

Several classes may have settings in one section (`caps`), and one class settings in several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cattrs import Converter

from config import plugins
from config.filling import built, fill, require_mapping, unknown
from config.policy import RULES, SECTIONS, Keys, Policy, PolicyKey, policy_keys, rule_section
from config.profiles import ProfileChoice
from domain.model.bounds import Flaw, Invalid
from domain.portfolio.losses import LossLimits
from domain.risk.rule import EntryRule


def read_policy(converter: Converter, value: Any) -> Policy:
    """Return the policy that the file's mapping says.

    Raises:
        Invalid: with every flaw: strange keys, missing ones, values beyond their hard limits.
    """
    require_mapping(value)
    broken = tuple(_broken(value))
    flaws = [flaw for _, flaw in broken]
    flaws += _strangers(value, _layout(), ())
    lost = tuple(path for path, _ in broken)
    made: dict[type, object] = {}
    for kind in (*SECTIONS.values(), LossLimits, ProfileChoice, *_running(value)):
        try:
            made[kind] = _part(converter, kind, value, lost)
        except Invalid as error:
            flaws += error.flaws
    if flaws:
        raise Invalid(*flaws)
    sections: dict[str, Any] = {name: made[kind] for name, kind in SECTIONS.items()}
    rules = tuple(part for part in made.values() if isinstance(part, EntryRule))
    losses: Any = made[LossLimits]
    choice: Any = made[ProfileChoice]
    return Policy(**sections, losses=losses, choice=choice, rules=rules)


def _running(value: Mapping[str, Any]) -> Iterator[type[EntryRule]]:
    """Yield the rules that something demands, and those that the file names."""
    for rule in plugins.rules():
        places = [rule_section(rule), *(key.path for key in policy_keys() if key.owner is rule)]
        if rule.DEMANDED_BY or any(_stands(value, place) for place in places):
            yield rule


def _optional() -> Iterator[type[EntryRule]]:
    return (rule for rule in plugins.rules() if not rule.DEMANDED_BY)


def _part(
    converter: Converter, kind: type, value: Mapping[str, Any], lost: Sequence[Keys]
) -> object:
    """Return the owner of settings with those that the file gives; `lost` sections give none."""
    keys = {key.attribute.name: key for key in policy_keys() if key.owner is kind}
    readable = {
        name: key
        for name, key in keys.items()
        if not any(key.path[: len(section)] == section for section in lost)
    }
    given = {
        name: _at(value, key.path) for name, key in readable.items() if _stands(value, key.path)
    }
    made, flaws = fill(converter, [key.attribute for key in readable.values()], given)
    if flaws:
        raise Invalid(*(_placed(flaw, readable) for flaw in flaws))
    return None if len(readable) < len(keys) else built(kind, made)


def _placed(flaw: Flaw, keys: Mapping[str, PolicyKey]) -> Flaw:
    """Return a flaw of a field as one of the key that gives it."""
    name, *below = flaw.path
    return Flaw((*keys[str(name)].path, *below), flaw.message, flaw.hints, flaw.see)


def _broken(value: Mapping[str, Any]) -> Iterator[tuple[Keys, Flaw]]:
    """Yield each section that should have keys and has none, nearest to the root."""
    sections = {key.path[:depth] for key in policy_keys() for depth in range(1, len(key.path))}
    sections |= {(RULES,), *(rule_section(rule) for rule in _optional())}
    for path in sorted(sections, key=lambda one: (len(one), one)):
        if _stands(value, path):
            try:
                require_mapping(_at(value, path))
            except Invalid as error:
                yield from ((path, flaw.below(*path)) for flaw in error.flaws)


def _layout() -> dict[str, Any]:
    """Return the keys that may stand in the file, sections as mappings of their own."""
    root: dict[str, Any] = {RULES: {rule.CODE: {} for rule in _optional()}}
    for key in policy_keys():
        here = root
        for name in key.path[:-1]:
            here = here.setdefault(name, {})
        here[key.path[-1]] = None
    return root


def _strangers(value: Any, known: Mapping[str, Any], path: Keys) -> list[Flaw]:
    flaws = []
    for name, below in value.items() if isinstance(value, dict) else ():
        if name not in known:
            flaws.append(unknown(name, known).below(*path))
        elif known[name] is not None:
            flaws += _strangers(below, known[name], (*path, name))
    return flaws


def _stands(value: Any, path: Keys) -> bool:
    """Tell whether something is written at `path`."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _at(value: Any, path: Keys) -> Any:
    for name in path:
        value = value[name]
    return value
