"""A run is played again on its own market, else on what is there, else what is missing is said."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve

from adapters.simulator.market_data.depth import UsualBook
from adapters.simulator.world import WorldIdentity, identity
from adapters.telemetry.books import BOOKS, BookFiles
from app.backtest.plan import BacktestEngine
from app.configuration.history import KeptConfig, keep, newest
from app.replay.plan import ReplayPlan, plan_for
from app.replay.runs import NotReplayable, RecordedRun
from config.loading import load
from domain.messages.journal import RunStarted
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, iso
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId
from domain.model.universe import Standing
from domain.system.recovery import Recovered
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of
from tests.builders.messages import MAKER, TAKER, a_product
from tests.builders.numbers import amount, decimals

pytestmark = pytest.mark.req("BT4")
INVENTED = "generated seed=1 offset=2874m"


def a_world(folder: Path, market: str) -> WorldIdentity:
    """Put a world into the folder of a mode; return it."""
    world = identity(
        market=market, seed=1, origin_ns=BEGIN, opening={"USD": decimals(10_000)[0]}, nonce="n"
    )
    (folder / "venue").mkdir(parents=True, exist_ok=True)
    (folder / "venue" / "world.json").write_text(json.dumps(asdict(world)), encoding="utf-8")
    return world


def a_run(world: str) -> RecordedRun:
    """Return a run of half an hour and some seconds."""
    return RecordedRun(
        number=1,
        of=1,
        started=RunStarted("paper", "embedded", world, "c0ffee", "p01", 1),
        before=Recovered(),
        records=(),
        boot=BootCompleted((a_product("LINK-USD"),), MAKER, TAKER, is_clean=True),
        statement=StatementTaken("start", (AccountBalance("USD", *decimals(9_000, 50)),)),
        begun_ns=BEGIN,
        ended_ns=Nanos(BEGIN + 30 * MINUTE + SECOND),
        told=amount(0),
    )


def a_config(folder: Path, sets: tuple[str, ...] = LIVELY) -> KeptConfig:
    keep(folder, load("config", sets), Path("config"), sets, "2026-01-05T00:00:00Z")
    found = newest(folder)
    assert found is not None
    return found


def planned(folder: Path, world: str, market: str | None = None) -> ReplayPlan:
    return plan_for(a_run(world), a_config(folder), folder, market)


def a_file(path: Path) -> Path:
    return file_of(path, candles(1, before=3, product="LINK-USD"))


def test_an_invented_market_is_invented_again(tmp_path: Path) -> None:
    kept = a_config(tmp_path)
    found = plan_for(a_run(a_world(tmp_path, INVENTED).id), kept, tmp_path, None)

    plan = found.backtest
    assert (plan.market.description, found.is_own, found.remarks) == (INVENTED, True, ())
    assert (plan.start_ns, plan.end_ns) == (BEGIN, BEGIN + 31 * MINUTE)
    assert plan.opening == {"USD": 9_050}
    assert (plan.fees.maker, plan.fees.taker) == (MAKER, TAKER)
    assert plan.engine is BacktestEngine.EVENTS
    assert plan.config.config_hash == kept.config_hash


def test_candles_are_played_again_where_they_are_still_the_same(tmp_path: Path) -> None:
    file = a_file(tmp_path / "link.parquet")
    world = a_world(tmp_path, "another.parquet").id
    (tmp_path / "start.json").write_text(json.dumps({"market": str(file)}), encoding="utf-8")
    with pytest.raises(NotReplayable, match=r"is another market than the run's"):
        planned(tmp_path, world)

    own = planned(tmp_path, world, str(file)).backtest.market.description
    assert planned(tmp_path, a_world(tmp_path, own).id).is_own


def test_what_the_run_saw_is_played_where_its_market_is_gone(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    a_file(tmp_path / "bars" / "LINK-USD.parquet")

    found = planned(tmp_path, "of coinbase")

    assert not found.is_own
    assert "the minutes that the run saw" in found.remarks[0]
    assert "the regime" in found.remarks[1]


def test_books_are_those_that_the_run_kept_where_its_market_is_gone(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    a_file(tmp_path / "bars" / "LINK-USD.parquet")
    link, seen = ProductId("LINK-USD"), UsualBook(Decimal(3), Decimal(70))
    files = BookFiles(tmp_path / BOOKS)
    files.append(
        BEGIN, [Standing(product=link, tier="T1", spread_bps=seen.spread_bps, depth=seen.depth)]
    )
    (file,) = (tmp_path / BOOKS).iterdir()

    found = planned(tmp_path, "of coinbase")
    assert found.backtest.books == {link: seen}
    assert "books are about as wide and deep as the run saw them (1 look)" in found.remarks

    with file.open("a", encoding="ascii") as out:
        out.write("torn")
    torn = planned(tmp_path, "of coinbase")
    assert torn.backtest.books == found.backtest.books
    assert "1 row of books could not be read and does not count" in torn.remarks

    file.unlink()
    file.mkdir()
    gone = planned(tmp_path, "of coinbase")
    assert gone.backtest.books == {}
    assert any(each.startswith("books are drawn: the books of run 1") for each in gone.remarks)


def test_a_run_of_less_than_a_minute_has_no_minute_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bars").mkdir()
    short = evolve(a_run("gone"), ended_ns=Nanos(BEGIN + MINUTE - 1))

    with pytest.raises(NotReplayable, match=r"ended within its first minute.*data fetch"):
        plan_for(short, a_config(tmp_path), tmp_path, None)


def test_it_is_compared_as_far_as_the_market_reaches(tmp_path: Path) -> None:
    short = file_of(tmp_path / "short.parquet", candles(0.2, before=3, product="LINK-USD"))
    marks = [
        (Nanos(BEGIN + minute * MINUTE), EquityMarked(1, amount(1000 + minute), amount(1000)))
        for minute in (5, 11, 13)
    ]
    run = evolve(a_run("of coinbase"), records=tuple(marks))

    found = plan_for(run, a_config(tmp_path), tmp_path, str(short))

    assert found.run.ended_ns == BEGIN + 11 * MINUTE
    assert found.run.told == amount(11)
    assert f"compared up to {iso(BEGIN + 11 * MINUTE)}" in found.remarks[1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"market": 5}', '{"opening": []}'])
def test_a_damaged_world_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "venue").mkdir()
    (tmp_path / "venue" / "world.json").write_text(text, encoding="utf-8")
    with pytest.raises(NotReplayable, match="the minutes that the run saw are not kept"):
        planned(tmp_path, "world")


def test_what_is_missing_is_named_with_the_command_that_gets_it(tmp_path: Path) -> None:
    short = file_of(tmp_path / "short.parquet", candles(0.2, before=3, product="LINK-USD"))
    with pytest.raises(NotReplayable) as told:
        planned(tmp_path, "of coinbase", str(short))
    assert "run 1 was not valued before 2026-01-05T00:12:00Z" in str(told.value)
    assert "python run.py data fetch LINK-USD --from 2026-01-04T00:00:00Z" in str(told.value)
    assert "python run.py replay --market FOLDER" in str(told.value)


def test_another_program_is_told_and_one_that_fits_no_more_ends_it(tmp_path: Path) -> None:
    world = a_world(tmp_path, INVENTED).id
    kept = a_config(tmp_path)
    values: dict[str, Any] = {
        name: getattr(kept, name) for name in ("config_hash", "policy_hash", "starts", "values")
    }
    other = KeptConfig(code="another", sets=kept.sets, files=kept.files, **values)
    (remark,) = plan_for(a_run(world), other, tmp_path, None).remarks
    assert "the program" in remark

    broken = KeptConfig(code="", sets=("policy.no_such=1",), files=kept.files, **values)
    with pytest.raises(NotReplayable, match="does not fit this version"):
        plan_for(a_run(world), broken, tmp_path, None)


def test_a_market_of_hours_is_too_short_for_the_look_back(tmp_path: Path) -> None:
    rows = candles(1, before=0.2, product="LINK-USD")
    file = file_of(tmp_path / "link.parquet", rows)
    assert rows[0].start_ns - BEGIN < HOUR
    with pytest.raises(NotReplayable, match="look-back"):
        planned(tmp_path, "world", str(file))
