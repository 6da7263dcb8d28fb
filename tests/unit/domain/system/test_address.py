"""A command that people are told can be copied: it means the instance that it is about."""

from __future__ import annotations

import re
import shlex

import pytest

from domain.system.address import HERE, Address
from domain.system.venue_check import AGAIN, KEY_CHECK, ROTATED, SETTINGS
from domain.system.ways_out import WAYS_OUT, way_out
from tests.house.test_help import accept

PLACE = Address(data="/srv/bulk head", world="generated-7", log="/var/log/b")
DATA, WORLD, LOG = "--data-dir '/srv/bulk head'", "--world generated-7", "--log-dir /var/log/b"


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("python run.py status", f"python run.py status {DATA} {WORLD} {LOG}"),
        ('python run.py kill --reason "..."', f'python run.py kill {DATA} {WORLD} --reason "..."'),
        ("python run.py --env paper", f"python run.py {DATA} {WORLD} {LOG} --env paper"),
        ("python run.py audit verify", f"python run.py audit verify {DATA} {WORLD}"),
        (
            "(python run.py status), or `python run.py paper list` shows it",
            f"(python run.py status {DATA} {WORLD} {LOG}), or "
            f"`python run.py paper list {DATA} {WORLD}` shows it",
        ),
        ("python run.py venue-check", f"python run.py venue-check {DATA}"),
        ("python run.py secrets rotated --on D", f"python run.py secrets rotated {DATA} --on D"),
        ("python run.py config show", f"python run.py config show {DATA}"),
        ("python run.py release LOT", f"python run.py release {DATA} {WORLD} LOT"),
        ("python run.py kill --world other x", f"python run.py kill {DATA} --world other x"),
        ("python run.py kill --data-dir /x x", "python run.py kill --data-dir /x x"),
        ("run it by python run.py", f"run it by python run.py {DATA} {WORLD} {LOG}"),
        ("nothing to type", "nothing to type"),
    ],
)
def test_a_command_in_a_sentence_gets_the_options_of_its_instance(told: str, meant: str) -> None:
    assert PLACE.put(told) == meant
    assert HERE.put(told) == told


@pytest.mark.parametrize("name", sorted(WAYS_OUT))
def test_every_way_out_is_still_a_command_that_is_accepted(name: str) -> None:
    command = PLACE.put(way_out(name).command)

    assert DATA in command
    words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", command)[2:]
    accept([each.strip("'\"") for each in words])


@pytest.mark.parametrize("command", [AGAIN, ROTATED, KEY_CHECK, SETTINGS])
def test_what_a_check_of_the_venue_names_is_a_command_that_is_accepted(command: str) -> None:
    accept(shlex.split(PLACE.put(command))[2:])


def test_twice_is_no_more_than_once() -> None:
    once = PLACE.put("type: python run.py status")

    assert PLACE.put(once) == once


def test_an_instance_is_told_apart_in_a_log_by_its_world_or_else_by_its_folder() -> None:
    assert (PLACE.name, Address(data="/srv/b").name, HERE.name) == (
        "generated-7",
        "/srv/b",
        "default",
    )
