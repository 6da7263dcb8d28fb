"""Drills play causes, each in a process of its own, and the last opens by hand what is left."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from actors.kernel.topology import START_ORDER
from adapters.control.files import write_json
from adapters.simulator.faults.script import parse_script
from app.command_line.options import ROOT
from app.rehearsal.broken_rule import with_broken_rule
from app.rehearsal.collecting import ACTORS, not_played, rows_of
from app.rehearsal.drill import BY_HAND, PACE, RehearsalDrill
from app.rehearsal.drill_run import FIRED
from app.rehearsal.drilling import Drilling, DrillOutcome, read_outcome
from app.rehearsal.drills import by_hand, drills
from app.rehearsal.eager import EAGER, traded_eagerly
from config.loading import load
from domain.rehearsal.coverage import CoverageRow, Fired, RowEvidence, RowKind
from domain.system.alert_kinds import ALERT_KINDS
from domain.system.ways_out import WAYS_OUT
from tests.builders.messages import a_candidate, a_view
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")

SHORT = "kill"
CODE = re.compile(r"`([^`]+)`")


def phases() -> list[object]:
    return [
        pytest.param(drill, number, id=f"{drill.name}-{number}")
        for drill in drills()
        for number in range(len(drill.phases))
    ]


def test_each_drill_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [each.name for each in drills()]

    assert len(set(names)) == len(names)
    assert BY_HAND not in names
    assert all(each.does and each.phases for each in drills())


@pytest.mark.parametrize(("drill", "number"), phases())
def test_settings_and_faults_of_each_phase_are_what_program_and_venue_take(
    drill: RehearsalDrill, number: int
) -> None:
    phase = drill.phases[number]
    script = "".join(f"{json.dumps(each)}\n" for each in phase.faults)

    config = load(CONFIG, (*PACE, *phase.sets))

    assert len(parse_script(script, "faults")) == len(phase.faults)
    assert list(traded_eagerly(config, leaves=False).strategies) == [EAGER]


def test_every_actor_dies_once_at_least() -> None:
    broken = {actor for drill in drills() for _, actor in drill.breaks}

    assert broken == {f"strategy.{EAGER}" if each == "strategy." else each for each in START_ORDER}


def test_what_no_drill_plays_is_opened_by_hand_each_breaker_and_each_kind_of_alert() -> None:
    config = load(CONFIG)
    missing = not_played(config, ())
    assert missing == rows_of(config)

    demanded = {name for drill in drills() for name in drill.fires}

    hand = by_hand(missing)

    assert hand is not None
    assert set(hand.opens) == {*WAYS_OUT, *ACTORS} - demanded
    assert set(hand.writes) == set(ALERT_KINDS) - demanded
    assert by_hand([CoverageRow(RowKind.PATH, "entry")]) is None


def test_what_a_drill_has_to_fire_has_a_row_and_is_never_opened_by_hand_in_its_place() -> None:
    demanded = {name for drill in drills() for name in drill.fires}
    kinds = (RowKind.BREAKER, RowKind.ALERT)
    rows = [row for row in rows_of(load(CONFIG)) if row.name in demanded and row.kind in kinds]

    assert {row.name for row in rows} == demanded
    assert {*ACTORS, "kill", "daily_loss"} <= demanded
    assert by_hand(rows) is None


def test_the_page_names_all_that_is_opened_by_hand_and_no_more() -> None:
    page = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    table = page.partition("| opened by hand | what it would take |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in CODE.findall(row.split("|")[1])}

    hand = by_hand(rows_of(load(CONFIG)))

    assert hand is not None
    assert {*hand.opens, *hand.writes} == named


def test_a_broken_rule_refuses_nothing_by_itself_and_lets_nothing_pass() -> None:
    config = load(CONFIG)

    broken = with_broken_rule(config)

    assert broken.policy.rules[:-1] == config.policy.rules
    with pytest.raises(ArithmeticError):
        broken.policy.rules[-1].judge(a_candidate(), a_view())


def test_what_a_drill_fired_by_its_cause_is_not_opened_by_hand_too() -> None:
    config = load(CONFIG)
    clock, pause = (CoverageRow(RowKind.BREAKER, name) for name in ("clock", "pause"))
    outcome = DrillOutcome(
        "x", ((pause, RowEvidence(Fired.DRILL), 1), (clock, RowEvidence(Fired.BY_HAND), 1))
    )

    missing = not_played(config, [outcome])

    assert clock in missing
    assert pause not in missing


@pytest.mark.slow
def test_a_drill_is_played_in_its_folder_and_then_only_read(tmp_path: Path) -> None:
    (drill,) = (each for each in drills() if each.name == SHORT)
    heard: list[str] = []

    def played(hash_: str = "c0ffee") -> DrillOutcome:
        (outcome,) = Drilling(tmp_path, CONFIG, (), hash_).play([drill], (), heard.append)
        return outcome

    first = played()

    fired = {row.name: (evidence, count) for row, evidence, count in first.fired}
    assert first.error == ""
    assert fired["kill"][0].fired is Fired.DRILL
    assert fired["kill"][0].words.startswith(f"drill {SHORT}, record ")
    assert fired["BREAKER"][0].mark.startswith("alert ")
    stamp = (tmp_path / SHORT / FIRED).stat().st_mtime_ns
    assert played() == first
    assert (tmp_path / SHORT / FIRED).stat().st_mtime_ns == stamp
    assert heard == [SHORT, SHORT]


@pytest.mark.slow
def test_breakers_opened_and_alerts_written_by_hand_are_told_as_that(tmp_path: Path) -> None:
    missing = (CoverageRow(RowKind.BREAKER, "timers"), CoverageRow(RowKind.ALERT, "KEY_AGE"))
    hand = by_hand(missing)
    assert hand is not None

    (outcome,) = Drilling(tmp_path, CONFIG, (), "c0ffee").play([hand], missing, lambda _: None)

    fired = {row: evidence.fired for row, evidence, _ in outcome.fired}
    assert [fired[row] for row in missing] == [Fired.BY_HAND, Fired.BY_HAND]


def test_a_drill_that_does_not_begin_says_why(tmp_path: Path) -> None:
    (drill,) = (each for each in drills() if each.name == SHORT)
    nowhere = tmp_path / "no-config"

    (outcome,) = Drilling(tmp_path, nowhere, (), "c0ffee").play([drill], (), lambda _: None)

    assert outcome.fired == ()
    assert "its process ended with 1: " in outcome.error
    assert "a config folder holds" in outcome.error


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"rows": 7},
        {"rows": [{}]},
        {"rows": [{"kind": "nonsense", "name": "a", "mark": "", "count": 1, "by_hand": False}]},
        {"rows": [{"kind": "rule", "name": "a", "mark": "", "count": "x", "by_hand": False}]},
    ],
)
def test_an_outcome_that_cannot_be_read_is_none(card: dict[str, object], tmp_path: Path) -> None:
    write_json(tmp_path / FIRED, card)

    outcome = read_outcome(tmp_path, 9)

    assert outcome.fired == ()
    assert outcome.error == "its process ended with 9: it said nothing"
