from itertools import product

import pytest

from app.run.mode_gate import refusals
from config.effective import Config
from config.mode import Mode
from config.schema import App


def config_with(ceiling: Mode) -> Config:
    return Config(app=App(mode=ceiling))


@pytest.mark.req("M1")
@pytest.mark.parametrize(("mode", "ceiling"), list(product((Mode.DRY_RUN, Mode.PAPER), Mode)))
def test_a_mode_starts_only_below_or_at_the_ceiling(mode: Mode, ceiling: Mode) -> None:
    refused = refusals(mode, config_with(ceiling), is_confirmed=False)

    assert bool(refused) == (mode.rank > ceiling.rank)
    assert all(str(ceiling) in sentence for sentence in refused)


@pytest.mark.req("M1")
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_live_names_every_gate_that_is_shut(is_confirmed: bool) -> None:
    refused = refusals(Mode.LIVE, config_with(Mode.LIVE), is_confirmed=is_confirmed)

    gates = [sentence.partition(":")[0] for sentence in refused]
    assert ("confirmation" in gates) is not is_confirmed
    assert {"certificate", "gateway"} <= set(gates)


@pytest.mark.req("M1")
def test_modes_are_ordered() -> None:
    assert sorted(Mode, key=lambda mode: mode.rank) == [Mode.DRY_RUN, Mode.PAPER, Mode.LIVE]
