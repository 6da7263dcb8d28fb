"""The generated market lies within bands of recorded ones, and the bands can tell."""

from __future__ import annotations

import numpy as np
import pytest

from scripts import market_facts
from scripts.market_facts import BANDS, Minutes, candle_facts, judge, trade_facts
from tests.builders.recorded import shared_data


@pytest.fixture(scope="module")
def found() -> market_facts.Values:
    return market_facts.generated()


def outside(values: dict[str, float]) -> set[str]:
    return {name for name, v in values.items() if not BANDS[name].low <= v <= BANDS[name].high}


def test_every_fact_of_the_generated_market_is_inside_its_band(
    found: market_facts.Values, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found.keys() == BANDS.keys()
    assert judge("generated", found), capsys.readouterr().out


def test_prices_of_plain_chance_are_outside() -> None:
    random = np.random.default_rng(1)
    closes = np.exp(np.cumsum(random.normal(0.0, 6e-4, 20_000)))
    plain = Minutes(closes * 1.0003, closes * 0.9997, closes, np.full(20_000, 10.0) + closes)
    assert outside(candle_facts(plain)) >= {
        "kurtosis of r",
        "99 % of |r| over its mean",
        "autocorrelation of |r|, 1 min",
        "autocorrelation of |r|, 60 min",
    }


def test_trades_of_one_size_are_outside() -> None:
    seconds = np.arange(0.0, 600.0, 1.875)
    assert outside(trade_facts(seconds, np.full(len(seconds), 50.0))) == {
        "value of a step, 90 % over median"
    }


def test_a_fact_outside_its_band_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert not judge("x", {"kurtosis of r": {"BTC": 3.0, "ETH": 40.0}})
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.split()[-1] == "BTC"


def test_the_recordings_lie_within_the_bands_that_were_taken_from_them() -> None:
    data = shared_data()
    from scripts.recorded_facts import recorded

    values = recorded(data)
    assert judge("recorded", values)
    assert len(values["kurtosis of r"]) == 16
