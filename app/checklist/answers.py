"""Each item of the checklist, answered by what this installation shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from adapters.telemetry.evidence import ALERTED, BACKED_UP, BUNDLED, CHECKED, ORDERED
from app.checklist.sources import ChecklistSources
from app.doctor.finding import Health, Symptom
from config.mode import Mode
from domain.model.figures import moment
from domain.model.instants import DAY, HOUR, Nanos
from domain.model.wording import counted
from domain.system.key_age import KeyState
from domain.system.live_checklist import (
    BACKUP_FRESH_NS,
    CHECK_FRESH_NS,
    DRILL_FRESH_NS,
    ENDING_NS,
    FEWEST_SALES,
    ITEMS,
    LIVE_NS,
    ChecklistAnswer,
    ChecklistItem,
)

Verdict: TypeAlias = "tuple[bool, str]"
"""Whether an item is met, and what was found."""
MACHINE = ("python", "libraries", "data", "logs", "ports", "files")
NOT_LOOKED = "not known: the configuration, or the key, has to be right first"
NO_CERTIFICATE = "there is no certificate that is good for this start"


def answered(
    sources: ChecklistSources, items: Iterable[ChecklistItem]
) -> Iterator[ChecklistAnswer]:
    """Yield the answer to each item, as soon as it is known."""
    for item in items:
        is_met, found = ANSWERS[item.name](sources)
        yield ChecklistAnswer(item, is_met, found, "" if is_met else item.command)


def _symptom(name: str, sources: ChecklistSources, *, may_warn: bool = False) -> Verdict:
    """Answer by one of doctor's looks."""
    found = sources.symptoms.get(name)
    if found is None:
        return False, NOT_LOOKED
    is_met = found.health is Health.OK or (may_warn and found.health is Health.WARN)
    return is_met, found.found if is_met else _whole(found)


def _whole(found: Symptom) -> str:
    return f"{found.found}; {found.mend}" if found.mend else found.found


def _no_strays(sources: ChecklistSources) -> Verdict:
    found = sources.symptoms.get("secrets")  # told only where there is one
    return (True, "none was found") if found is None else (False, _whole(found))


def _done(kind: str, within_ns: int, of: str | None, sources: ChecklistSources) -> Verdict:
    """Answer by a deed on record."""
    found = sources.newest(kind, of)
    if found is None:
        return False, "it is not on record"
    told = f"{moment(found.at_ns)} UTC: {found.told}"
    if not found.is_good:
        return False, told
    if found.at_ns < sources.wall_ns - within_ns:
        return False, f"{told}; that is {_days(sources.wall_ns - found.at_ns)} ago"
    return True, told


def _of_venue(kind: str, within_ns: int, sources: ChecklistSources) -> Verdict:
    return _done(kind, within_ns, sources.rest, sources)


def _certificate(sources: ChecklistSources) -> Verdict:
    held = sources.certificate
    if held is None:
        is_met, found = _symptom("gate certificate", sources)
        return (False, NO_CERTIFICATE if is_met else found)
    return True, f"issued {moment(held.issued_ns)}, good until {moment(held.expires_ns)} UTC"


def _traded_on_paper(sources: ChecklistSources) -> Verdict:
    if sources.config is None:
        return False, NOT_LOOKED
    policy = sources.config.policy_hash
    is_met = policy in sources.policies_on_paper
    return is_met, f"policy {policy}{'' if is_met else ' was never started with on paper'}"


def _key_age(sources: ChecklistSources) -> Verdict:
    age = sources.key_age
    if age is None:
        return False, "there is no key"
    return age.state in (KeyState.YOUNG, KeyState.DUE), age.words


def _key_life(sources: ChecklistSources) -> Verdict:
    age = sources.key_age
    if age is None:
        return False, "there is no key"
    return age.state is KeyState.YOUNG, age.words


def _drilled(at_ns: Nanos | None, told: str, sources: ChecklistSources) -> Verdict:
    """Answer by a drill that a paper journal shows."""
    if at_ns is None:
        return False, "no paper journal shows it"
    when = f"{moment(at_ns)} UTC: {told}"
    if at_ns < sources.wall_ns - DRILL_FRESH_NS:
        return False, f"{when}; that is {_days(sources.wall_ns - at_ns)} ago"
    return True, when


def _kill(sources: ChecklistSources) -> Verdict:
    return _drilled(sources.paper.killed_ns, "killed, confirmed, resumed", sources)


def _liquidation(sources: ChecklistSources) -> Verdict:
    paper = sources.paper
    return _drilled(paper.sold_ns, f"sold {', '.join(paper.sold)}", sources)


def _machine(sources: ChecklistSources) -> Verdict:
    known = [sources.symptoms.get(name) for name in MACHINE]
    wrong = [_whole(each) for each in known if each is not None and each.health is Health.FAIL]
    if wrong:
        return False, "; ".join(wrong)
    missing = [name for name, each in zip(MACHINE, known, strict=True) if each is None]
    return not missing, f"not looked at: {', '.join(missing)}" if missing else "all well"


def _gates(sources: ChecklistSources) -> Verdict:
    gates = [each for name, each in sources.symptoms.items() if name.startswith("gate ")]
    shut = [each.name.removeprefix("gate ") for each in gates if each.health is not Health.OK]
    if not gates:
        return False, NOT_LOOKED
    if shut:
        return False, f"shut: {', '.join(shut)}"
    return True, f"{counted(len(gates), 'gate')} open; --confirm-live is the operator's word"


def _started(sources: ChecklistSources) -> Verdict:
    ready_ns = sources.live.ready_ns
    if ready_ns is None:
        return False, "no start with real money was ever ready to buy"
    return True, f"ready {moment(ready_ns)} UTC"


def _canary(sources: ChecklistSources) -> Verdict:
    held = sources.certificate
    if held is None:
        return False, NO_CERTIFICATE
    until = f"{moment(held.canary_ends_ns)} UTC"
    if held.is_canary(sources.wall_ns):
        return False, f"the smallest caps bind until {until}"
    return True, f"over since {until}"


def _live_hours(sources: ChecklistSources) -> Verdict:
    if sources.certificate is None:
        return False, NO_CERTIFICATE
    traded_ns = sources.live.traded_ns
    told = f"{traded_ns / HOUR:.1f} h since the certificate was issued"
    return traded_ns >= LIVE_NS, told


def _comparison(sources: ChecklistSources) -> Verdict:
    found = sources.live.comparison
    if found is None:
        return False, "the live journal has none"
    return found.is_clean, "clean" if found.is_clean else "; ".join(found.problems)


def _live_halts(sources: ChecklistSources) -> Verdict:
    live = sources.live
    if live.ready_ns is None:
        return False, "nothing was traded live yet"
    return not live.latched, ", ".join(live.latched) or "none"


def _objectives(sources: ChecklistSources) -> Verdict:
    missed = sources.missed_objectives()
    return not missed, missed or "every one is met"


def _certificate_life(sources: ChecklistSources) -> Verdict:
    held = sources.certificate
    if held is None:
        return False, NO_CERTIFICATE
    left_ns = held.expires_ns - sources.wall_ns
    return left_ns >= ENDING_NS, f"{_days(left_ns)} left"


def _sales(sources: ChecklistSources) -> Verdict:
    if sources.certificate is None:
        return False, NO_CERTIFICATE
    return sources.live.sales >= FEWEST_SALES, f"{sources.live.sales} since its certificate"


def _days(length_ns: int) -> str:
    return counted(max(0, length_ns) // DAY, "day")


ANSWERS: Mapping[str, Callable[[ChecklistSources], Verdict]] = {
    "venue check": partial(_of_venue, CHECKED, CHECK_FRESH_NS),
    "venue order": partial(_of_venue, ORDERED, DRILL_FRESH_NS),
    "certificate": _certificate,
    "config": partial(_symptom, "config"),
    "ceiling": partial(_symptom, "gate mode"),
    "strategies": partial(_symptom, "strategies"),
    "guards": partial(_symptom, "gate selftest"),
    "traded on paper": _traded_on_paper,
    "secrets": _no_strays,
    "key": partial(_symptom, "key"),
    "key age": _key_age,
    "account": partial(_symptom, "gate account"),
    "permissions": partial(_symptom, "gate permissions"),
    "fees": partial(_symptom, "gate fees"),
    "wallet": partial(_symptom, "wallet", may_warn=True),
    "kill": _kill,
    "liquidation": _liquidation,
    "alerts": partial(_done, ALERTED, DRILL_FRESH_NS, None),
    "incident": partial(_done, BUNDLED, DRILL_FRESH_NS, None),
    "signal file": partial(_symptom, "signal file"),
    "halts": partial(_symptom, "halts"),
    "machine": _machine,
    "clock": partial(_symptom, "gate clock"),
    "journal": partial(_symptom, "journal"),
    "gates": _gates,
    "live start": _started,
    "canary": _canary,
    "live hours": _live_hours,
    "comparison": _comparison,
    "live halts": _live_halts,
    "objectives": _objectives,
    "backup": partial(_done, BACKED_UP, BACKUP_FRESH_NS, Mode.LIVE.value),
    "certificate life": _certificate_life,
    "key life": _key_life,
    "sales": _sales,
}
assert ANSWERS.keys() == {each.name for each in ITEMS}
