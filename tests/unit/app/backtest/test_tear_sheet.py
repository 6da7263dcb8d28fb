"""The page of a backtest: everything of the report is on it, and it needs nothing from anywhere."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from attrs import evolve

from app.backtest import sheets
from app.backtest.analysis import analyse
from app.backtest.outcome import BacktestOutcome
from app.backtest.plan import FillRule
from app.backtest.report import assumptions
from app.backtest.sheet_charts import MOST_POINTS, sheet_charts, thinned
from app.backtest.tear_sheet import MOST_TRADES, tear_sheet
from app.results import html
from app.results.charts import Chart
from app.results.tables import Fact, Sheet
from domain.model.foregone import ForegoneTrades
from domain.model.instants import HOUR, Nanos
from domain.model.money import Amount
from domain.results.ratios import MonthReturn
from domain.results.round_trips import RoundTrip
from tests.builders.backtests import CAPPED, idle, plan, played
from tests.unit.domain.results.test_ratios import points

pytestmark = pytest.mark.req("BT2")


@pytest.fixture(scope="module")
def outcome() -> BacktestOutcome:
    """Return half a day with trades, and with refusals of a cap."""
    return played(plan(hours=12, sets=CAPPED))


@pytest.fixture(scope="module")
def page(outcome: BacktestOutcome) -> str:
    return tear_sheet(outcome, analyse(outcome))


class Tags(HTMLParser):
    """Collects what a page loads, its headlines and its rows."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.heads: list[str] = []
        self._is_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_head = tag == "h2"
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self._is_head:
            self.heads.append(data)
        self._is_head = False


def test_everything_that_is_asked_of_a_tear_sheet_is_there(
    outcome: BacktestOutcome, page: str
) -> None:
    tags = Tags()
    tags.feed(page)

    wanted = [
        *("Equity", "Drawdown", "Months", "Return and risk", "Effort"),
        *("If trading cost less or more", "By strategy and signal, since the account opened"),
        *("By product", "By what sold it", "At work, by asset", "At work, by theme"),
        *("Profit of each trade, after fees, in order of sale", "Assumed"),
    ]
    assert set(wanted) <= set(tags.heads)
    for product in {trip.product for trip in outcome.results.trips}:
        assert f"{product}, trades" in tags.heads
    assert "buy and hold" in page
    assert all(line in page for line in outcome.warnings)
    assert page.count('"candlestick"') >= 1


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    tags = Tags()
    tags.feed(page)

    assert tags.loads == []
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page


def test_equal_backtests_have_equal_pages(outcome: BacktestOutcome, page: str) -> None:
    assert tear_sheet(outcome, analyse(outcome)) == page


@pytest.mark.parametrize(
    ("fills", "said"),
    [(FillRule.TAPE, "drawn from the seed"), (FillRule.BAR, "by the minute's candle")],
)
def test_what_is_assumed_of_fills_is_what_was_played(
    outcome: BacktestOutcome, fills: FillRule, said: str
) -> None:
    told = assumptions(evolve(outcome, plan=evolve(outcome.plan, fills=fills)))

    assert sum(said in line for line in told) == 1


def test_words_of_strategies_are_no_html(outcome: BacktestOutcome) -> None:
    (first, *rest) = outcome.results.trips
    odd = evolve(first, why="<script>alert(1)</script>", exits=(), signal="<b>")
    results = evolve(outcome.results, trips=(odd, *rest))

    shown = tear_sheet(evolve(outcome, results=results), analyse(outcome))

    assert "<script>alert" not in shown
    assert "<b>" not in re.sub(r"<b class='[a-z]*'>|<b>Beware", "", shown).split("plotly")[0]


def test_a_refusal_is_told_with_what_it_would_have_come_to(outcome: BacktestOutcome) -> None:
    found = analyse(outcome)
    row = ForegoneTrades(rule="cooldown", closed=2, earned=Amount(Decimal(-5)), unfilled=1)
    counts = evolve(
        outcome.results.counts,
        refused_entries=(("cooldown", 7), ("gone", 1)),
        refused_exits=(("dust", 2),),
    )
    told = evolve(outcome, results=evolve(outcome.results, counts=counts))
    shown = sheets.refusals(told, evolve(found, followed=evolve(found.followed, rules=(row,))))

    assert [each[:2] + each[3:] for each in shown.rows] == [
        ("7", "−5.00", "entry", "2", "0", "1"),
        ("1", "", "entry", "", "", ""),
        ("2", "", "exit", "", "", ""),
    ]
    left = evolve(found, followed=evolve(found.followed, left_out=3))
    assert sheets.refusals_note(told, left).endswith("3 refusals too many were not followed.")


def test_a_year_of_months_is_a_row_that_multiplies_up() -> None:
    found = sheets.months(
        [
            MonthReturn("2025-12", Decimal(10)),
            MonthReturn("2026-01", Decimal(10)),
            MonthReturn("2026-03", Decimal(-20)),
        ]
    )

    assert found.columns[:2] == ("year", "Jan")
    assert [(row[0], row[1], row[2], row[3], row[-2], row[-1]) for row in found.rows] == [
        ("2025", "", "", "", "+10.00 %", "+10.00 %"),
        ("2026", "+10.00 %", "", "−20.00 %", "", "−12.00 %"),
    ]


def test_a_long_curve_is_thinned_and_keeps_its_deepest_point_and_its_ends() -> None:
    growths = [Decimal(1000 + n % 97 - 40 * (n == 2_345)) / 1000 for n in range(5_001)]
    long = points(*growths, step_ns=HOUR)

    thin = thinned(long, MOST_POINTS)

    assert len(thin) <= MOST_POINTS
    assert (thin[0], thin[-1]) == (long[0], long[-1])
    assert max(thin, key=lambda point: point.drawdown_pct) == long[2_345]
    assert [each.at_ns for each in thin] == sorted({each.at_ns for each in thin})
    assert thinned(long[:5], MOST_POINTS) == long[:5]


def test_a_market_in_which_nothing_was_traded_has_a_page() -> None:
    outcome = idle()
    found = analyse(outcome)

    titles = [chart.title for chart in sheet_charts(outcome, found)]
    assert not any("trades" in title or "At work" in title for title in titles)
    assert "0 closed trades are too few" in tear_sheet(outcome, found)


def test_the_largest_shares_have_colours_and_the_rest_is_one(outcome: BacktestOutcome) -> None:
    many = {f"A{n}": Decimal(n) for n in range(1, 12)}
    shares = evolve(outcome.exposure)
    share = next(iter(shares.assets.values()))
    told = evolve(
        shares,
        assets={name: evolve(share, total=percent) for name, percent in many.items()},
        hours={hour: evolve(each, assets=many) for hour, each in shares.hours.items()},
    )
    charts = sheet_charts(evolve(outcome, exposure=told), analyse(outcome))

    (chart,) = (each for each in charts if each.title == "At work, by asset")
    assert chart.figure["layout"]["showlegend"]
    names = [line["name"] for line in chart.figure["data"]]
    assert names == [*(f"A{n}" for n in range(11, 4, -1)), "others"]
    assert chart.figure["data"][-1]["y"][0] == 1 + 2 + 3 + 4


def test_only_the_newest_of_many_trades_are_listed() -> None:
    rows = tuple((str(number),) for number in range(MOST_TRADES + 5))
    text = html.sheet(Sheet("Closed trades", ("n",), rows, frozenset({0})), "", MOST_TRADES)

    assert text.count("<tr>") == MOST_TRADES + 1
    assert "the newest 500 of 505" in text
    assert f"<td class='n'>{MOST_TRADES + 4}</td>" in text


def test_parts_of_a_page_escape_what_they_are_given() -> None:
    odd = "<i>&"
    parts = (
        html.tiles([Fact(odd, odd, odd)]),
        html.facts([Fact("a", odd, odd)]),
        html.sentences(odd, [odd]),
        html.warning(odd, [odd]),
        html.sheet(Sheet(odd, (odd,), ((odd,),), frozenset()), odd),
        html.whole(odd, [])[:400],
        html.figures([Chart(odd, {"data": [], "layout": {}}, odd)])[0][:60],
    )

    assert all("<i>" not in part and "&lt;i&gt;&amp;" in part for part in parts)


def test_one_trade_that_carries_all_is_named(outcome: BacktestOutcome) -> None:
    trips = [trip for trip in outcome.results.trips if trip.is_closed]

    def earning(trip: RoundTrip, profit: int) -> RoundTrip:
        return evolve(trip, received=Amount(trip.paid + trip.fees + profit))

    made = [earning(trip, -1) for trip in trips]
    made[0], made[1] = earning(trips[0], 50), earning(trips[1], 2)
    found = evolve(outcome, results=evolve(outcome.results, trips=tuple(made))).warnings

    assert "one trade made 96 % of all that was won" in found
    named = f"without its best trade ({trips[0].product}, sold "
    assert any(line.startswith(named) for line in found)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 closed trades are"), (1, "1 closed trade is"), (2, "2 closed trades")],
)
def test_few_trades_are_warned_about_in_words(
    outcome: BacktestOutcome, count: int, said: str
) -> None:
    closed = [trip for trip in outcome.results.trips if trip.is_closed]
    found = evolve(outcome, results=evolve(outcome.results, trips=tuple(closed[:count])))
    assert found.warnings[0].startswith(said)


@pytest.mark.parametrize(("days", "said"), [(10, "nothing here tells"), (60, "by luck alone")])
def test_many_trials_are_warned_about(outcome: BacktestOutcome, days: int, said: str) -> None:
    growths = [1 + Decimal(n % 3) / 1000 for n in range(days)]
    results = evolve(outcome.results, points=points(*growths))
    begin = Nanos(points(1)[0].at_ns - 23 * HOUR)
    long = evolve(outcome.plan, start_ns=begin, end_ns=Nanos(begin + days * 24 * HOUR))
    tried = evolve(outcome, plan=long, results=results, trials=1_000)

    assert any(said in line and line.startswith("1,000 settings") for line in tried.warnings)
    assert not any("settings" in line for line in evolve(tried, trials=1).warnings)
    facts = [each.name for each in sheets.risk(tried, analyse(tried))]
    assert "Sharpe by luck" in facts
