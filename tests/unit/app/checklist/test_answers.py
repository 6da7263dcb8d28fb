"""Each item by itself: met by its evidence, and not by evidence that is old, or of elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.telemetry.evidence import (
    ALERTED,
    BACKED_UP,
    BUNDLED,
    CHECKED,
    ORDERED,
    Evidence,
    EvidenceBook,
)
from app.checklist.answers import ANSWERS, MACHINE, answered
from app.checklist.sources import ChecklistSources
from app.command_line.options import Folders
from app.doctor.finding import Symptom, fail, ok, warn
from domain.messages.control import ReconcileFinished
from domain.model.instants import DAY, HOUR, Nanos
from domain.system.certificate import CANARY_NS
from domain.system.key_age import KeyAge, KeyState, key_age
from domain.system.live_checklist import ITEMS, ChecklistAnswer
from domain.system.live_gates import Gate
from domain.system.run_record import RunRecord
from tests.builders.certificates import a_certificate
from tests.builders.messages import BTC

pytestmark = pytest.mark.req("CL1")

HERE = "http://127.0.0.1:1"


def all_well() -> dict[str, Symptom]:
    names = [f"gate {each}" for each in Gate if each not in (Gate.CONFIRMATION, Gate.SECRETS)]
    names += [*MACHINE, "config", "strategies", "key", "wallet", "signal file", "halts", "journal"]
    return {name: ok(name, "well") for name in names}


class Shown(ChecklistSources):
    """An installation that shows what a test says."""

    def __init__(self, folder: Path, **shown: Any) -> None:
        super().__init__(Folders(data=folder / "data", log=folder / "logs"), {}, HERE)
        now_ns = self.wall_ns
        held = a_certificate(issued_ns=Nanos(now_ns - 5 * DAY), expires_ns=Nanos(now_ns + 25 * DAY))
        record = RunRecord(
            killed_ns=Nanos(now_ns - DAY),
            sold_ns=Nanos(now_ns - DAY),
            sold=(BTC,),
            ready_ns=Nanos(now_ns - DAY),
            traded_ns=50 * HOUR,
            sales=20,
            comparison=ReconcileFinished("due", True, ()),
        )
        self.__dict__.update(
            symptoms=all_well(),
            certificate=held,
            paper=record,
            live=record,
            key_age=key_age(Nanos(now_ns - DAY), now_ns),
            missed="",
        )
        self.__dict__.update(shown)

    @property
    def policies_on_paper(self) -> frozenset[str]:
        config = self.config
        return frozenset(self.__dict__.get("policies", [config.policy_hash] if config else []))

    def missed_objectives(self) -> str:
        return str(self.__dict__["missed"])

    def record(self, kind: str, of: str, *, days: int = 1, is_good: bool = True) -> None:
        at_ns = Nanos(self.wall_ns - days * DAY)
        deed = Evidence(kind=kind, of=of, at_ns=at_ns, is_good=is_good, told="12 steps")
        EvidenceBook(self.folders.data).add(deed)


DEEDS = ((CHECKED, HERE), (ORDERED, HERE), (ALERTED, "mail"), (BACKED_UP, "live"), (BUNDLED, "p"))


def asked(sources: ChecklistSources, name: str) -> ChecklistAnswer:
    (answer,) = answered(sources, [each for each in ITEMS if each.name == name])
    return answer


def test_an_installation_that_shows_everything_has_met_everything(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    for kind, of in DEEDS:
        shown.record(kind, of)

    answers = list(answered(shown, ITEMS))

    assert [each.item.name for each in answers if not each.is_met] == []
    assert not any(each.command for each in answers)


DEED_OF = {
    "venue check": (CHECKED, HERE, 7),
    "venue order": (ORDERED, HERE, 30),
    "alerts": (ALERTED, "mail", 30),
    "incident": (BUNDLED, "paper", 30),
    "backup": (BACKED_UP, "live", 7),
}


@pytest.mark.parametrize("name", DEED_OF)
def test_a_deed_counts_while_it_is_fresh_and_went_well(name: str, tmp_path: Path) -> None:
    kind, of, days = DEED_OF[name]
    shown = Shown(tmp_path)
    assert asked(shown, name).found == "it is not on record"

    shown.record(kind, of, days=days + 1)
    assert f"that is {days + 1} days ago" in asked(shown, name).found
    assert not asked(shown, name).is_met
    shown.record(kind, of, days=days - 1)
    assert asked(shown, name).is_met
    shown.record(kind, of, days=1, is_good=False)
    assert not asked(shown, name).is_met


@pytest.mark.parametrize(
    ("name", "kind", "of"),
    [
        ("venue check", CHECKED, "http://127.0.0.1:2"),
        ("venue order", CHECKED, HERE),
        ("backup", BACKED_UP, "paper"),
    ],
)
def test_a_deed_of_elsewhere_is_none(name: str, kind: str, of: str, tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    shown.record(kind, of)

    assert not asked(shown, name).is_met


def worse(name: str) -> dict[str, Symptom]:
    return all_well() | {name: fail(name, "it is wrong", "mend it")}


LOOKED = {
    "config": "config",
    "ceiling": "gate mode",
    "strategies": "strategies",
    "guards": "gate selftest",
    "secrets": "secrets",
    "key": "key",
    "account": "gate account",
    "permissions": "gate permissions",
    "fees": "gate fees",
    "wallet": "wallet",
    "signal file": "signal file",
    "halts": "halts",
    "machine": "ports",
    "clock": "gate clock",
    "journal": "journal",
}


@pytest.mark.parametrize("name", LOOKED)
def test_what_doctor_finds_wrong_is_not_met_and_its_mend_is_told(name: str, tmp_path: Path) -> None:
    answer = asked(Shown(tmp_path, symptoms=worse(LOOKED[name])), name)

    assert not answer.is_met
    assert answer.found == "it is wrong; mend it"
    assert answer.command == answer.item.command


@pytest.mark.parametrize("name", sorted(LOOKED.keys() - {"secrets"}))
def test_what_was_not_looked_at_is_not_met(name: str, tmp_path: Path) -> None:
    assert not asked(Shown(tmp_path, symptoms={}), name).is_met


def test_a_warning_is_enough_to_ask_again_but_of_money_elsewhere(tmp_path: Path) -> None:
    for name, is_met in (("strategies", False), ("wallet", True)):
        symptoms = all_well() | {name: warn(name, "look", "at it")}
        assert asked(Shown(tmp_path, symptoms=symptoms), name).is_met is is_met


@pytest.mark.parametrize("gate", Gate)
def test_each_gate_that_is_shut_is_named(gate: Gate, tmp_path: Path) -> None:
    if gate in (Gate.CONFIRMATION, Gate.SECRETS):
        return  # by whoever starts it; and told of the key
    answer = asked(Shown(tmp_path, symptoms=worse(f"gate {gate}")), "gates")

    assert (answer.is_met, answer.found) == (False, f"shut: {gate}")


def shown_live(**changes: Any) -> RunRecord:
    return evolve(RunRecord(ready_ns=Nanos(1), traded_ns=50 * HOUR, sales=20), **changes)


CASES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("certificate", {"certificate": None, "symptoms": worse("gate certificate")}, "it is wrong"),
    ("traded on paper", {"policies": ["0" * 16]}, "was never started with on paper"),
    ("traded on paper", {"config": None}, "not known"),
    ("key age", {"key_age": None}, "there is no key"),
    ("key age", {"key_age": KeyAge(KeyState.OVERDUE, 91)}, "past the limit"),
    ("key age", {"key_age": KeyAge(KeyState.UNKNOWN)}, "nobody knows"),
    ("key life", {"key_age": KeyAge(KeyState.DUE, 85)}, "5 days before"),
    ("kill", {"paper": RunRecord()}, "no paper journal shows it"),
    ("kill", {"paper": RunRecord(killed_ns=Nanos(1))}, "days ago"),
    ("liquidation", {"paper": RunRecord(sold_ns=Nanos(1), sold=(BTC,))}, "days ago"),
    ("gates", {"symptoms": {}}, "not known"),
    ("live start", {"live": RunRecord()}, "no start with real money"),
    ("canary", {"certificate": None}, "no certificate"),
    ("live hours", {"certificate": None}, "no certificate"),
    ("live hours", {"live": shown_live(traded_ns=47 * HOUR)}, "47.0 h"),
    ("comparison", {"live": shown_live()}, "has none"),
    (
        "comparison",
        {"live": shown_live(comparison=ReconcileFinished("due", False, ("BTC: 1 and 2",)))},
        "BTC: 1 and 2",
    ),
    ("live halts", {"live": RunRecord()}, "nothing was traded live yet"),
    ("live halts", {"live": shown_live(latched=("daily_loss",))}, "daily_loss"),
    ("objectives", {"missed": "missed: p99"}, "missed: p99"),
    ("certificate life", {"certificate": None}, "no certificate"),
    ("sales", {"live": shown_live(sales=19)}, "19 since its certificate"),
)


@pytest.mark.parametrize(("name", "changes", "told"), CASES)
def test_what_is_missing_is_told(
    name: str, changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    answer = asked(Shown(tmp_path, **changes), name)

    assert not answer.is_met
    assert told in answer.found


def test_a_young_certificate_is_a_canary_and_an_old_one_ends_soon(tmp_path: Path) -> None:
    now_ns = Shown(tmp_path).wall_ns
    young = a_certificate(
        issued_ns=Nanos(now_ns - CANARY_NS + HOUR), expires_ns=Nanos(now_ns + 28 * DAY)
    )
    old = a_certificate(issued_ns=Nanos(now_ns - 24 * DAY), expires_ns=Nanos(now_ns + 6 * DAY))

    canary = asked(Shown(tmp_path, certificate=young), "canary")
    assert "the smallest caps bind until" in canary.found
    assert asked(Shown(tmp_path, certificate=young), "certificate life").is_met
    assert asked(Shown(tmp_path, certificate=old), "canary").is_met
    ends = asked(Shown(tmp_path, certificate=old), "certificate life")
    assert not ends.is_met
    assert ends.found.endswith(" days left")


def test_every_item_has_an_answer_and_every_answer_its_item() -> None:
    assert ANSWERS.keys() == {each.name for each in ITEMS}
