"""What a start says about how its configuration differs from that of the start before (CH1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from app.configuration.history import KeptConfig, keep, newest, values_of
from config.difference import Difference, Way, differences
from config.effective import Config, code_hash

SHOWN = 8
"""Differences of a kind that a start lists; `config diff` lists all."""


@frozen
class Said:
    """A line for the log; `is_loud`: a warning."""

    text: str
    is_loud: bool = False


def told_changes(before: KeptConfig | None, config: Config) -> tuple[Said, ...]:
    """Return what has changed since the configuration `before`: what is looser first."""
    if before is None or before.config_hash == config.config_hash:
        return ()
    return tuple(_lines(before, config))


def _lines(before: KeptConfig, config: Config) -> Iterator[Said]:
    found = differences(before.values, values_of(config))
    looser = [each for each in found if each.way is Way.LOOSER]
    tighter = [each for each in found if each.way is Way.TIGHTER]
    other = [each for each in found if each.way is Way.OTHER]
    since = f"since the start of {before.starts[-1][:19].replace('T', ' ')}"
    yield from (Said(f"config LOOSER {since}: {each}", is_loud=True) for each in looser[:SHOWN])
    if len(looser) > SHOWN:
        yield Said(f"config LOOSER {since}: {_more(looser, before)}", is_loud=True)
    if other:
        yield Said(f"config changed {since}: {_listed(other, before)}")
    if tighter:
        only = "" if looser or other else "only "
        yield Said(f"config tighter {only}{since}: {_listed(tighter, before)}")
    if before.code != code_hash() + config.own_code:
        yield Said(f"the program itself has changed {since}")


def _listed(found: list[Difference], before: KeptConfig) -> str:
    texts = [str(each) for each in found[:SHOWN]]
    return "; ".join((*texts, _more(found, before)) if len(found) > SHOWN else texts)


def _more(found: list[Difference], before: KeptConfig) -> str:
    return f"{len(found) - SHOWN} more, see python run.py config diff {before.config_hash}"


def record_start(
    folder: Path, config: Config, source: Path, sets: tuple[str, ...], started: str
) -> tuple[Said, ...]:
    """Keep with what the mode of `folder` starts now, and return how it differs from before.

    What can't be kept stops nothing: `config history` lacks it then, and that is said.
    """
    found = told_changes(newest(folder), config)
    try:
        keep(folder, config, source, sets, started)
    except (OSError, UnicodeDecodeError) as error:
        return (*found, Said(f"this configuration is not kept for `config history`: {error}"))
    return found
