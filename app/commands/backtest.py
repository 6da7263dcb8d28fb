"""`run.py backtest`: the live pipeline over recorded or generated minutes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve
from rich.console import Console

from adapters.journal.errors import JournalBroken
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.options import DEFAULT_SEED, GENERATED, parse_balance_amount
from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from app.command_line.shell import (
    Parsed,
    env_option,
    folder_options,
    json_option,
    set_option,
)
from app.commands.backtest_files import Files
from app.commands.journals import journal_of
from app.replay.runs import NotReplayable, parse_run
from domain.model.errors import InvalidNumber
from domain.model.instants import MINUTE, parse_typed_time
from domain.model.money import ZERO
from domain.results.regression import BaselineUnusable, Metrics, baseline_of, metrics_of, moved

if TYPE_CHECKING:
    from app.backtest.check import EngineDifference
    from app.backtest.outcome import BacktestOutcome
    from app.backtest.plan import BacktestPlan

_EXAMPLE = """Play the strategies over history, as fast as this machine can.

The same strategies, risk gate, exits and books as in trading; fills are decided on a tape that adds
up to each minute's candle. Without options: the configuration as it is, on a generated month. Two
runs of one command give the same bytes.

--html writes a page: equity and drawdown, months, trades on candles, what was at work, what it cost
and would have cost, what was refused and what that would have come to. It loads nothing from
anywhere. --results writes trades, orders, equity and refusals as Parquet for notebooks.

With --check it is played twice, the second time through every actor in every minute: exit code 1 if
anything differs. With --baseline, exit code 1 if trades, win rate, profit, drawdown or profit
factor have moved by more than 2 % from an earlier report, to the better or the worse; 2 if that
report has no trades.

\b
Example:
  python run.py backtest --html sheet.html
  python run.py backtest --market candles --strategy momentum --report momentum.json
  python run.py backtest --market candles --strategy momentum --baseline momentum.json
"""
SAME_ORDERS = "every order is the baseline's, to the last digit"
_TIME = Parsed("time", parse_typed_time)
_FILE = click.Path(path_type=Path, dir_okay=False)


def parse_capital(text: str) -> Decimal:
    """Return what an account begins with.

    Raises:
        InvalidNumber: it is no amount above 0.
    """
    amount = parse_balance_amount(text)
    if not amount > ZERO:
        raise InvalidNumber(f"expected an amount above 0, was {text!r}")
    return amount


market_option = click.option(
    "--market",
    default=GENERATED,
    metavar="SOURCE",
    help="`generated` (default), candles or trades (.parquet, .csv), or a folder of them.",
)
"""`--market` of a command that plays history."""


def account_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that plays history `--strategy`, `--capital` and `--seed`."""
    for option in (
        click.option(
            "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Of market and tape."
        ),
        click.option(
            "--capital",
            type=Parsed("amount", parse_capital),
            metavar="N",
            help="What an account begins with; default: app.paper.balances.",
        ),
        click.option(
            "--strategy", metavar="NAME", help="This entry of strategies.yaml and no other."
        ),
    ):
        command = option(command)
    return command


@click.command(help=_EXAMPLE)
@market_option
@click.option(
    "--from",
    "from_ns",
    type=_TIME,
    metavar="TIME",
    help="Where trading begins; default: first row + longest look-back.",
)
@click.option(
    "--to", "to_ns", type=_TIME, metavar="TIME", help="Where it ends; default: with the market."
)
@account_options
@set_option
@click.option(
    "--engine",
    type=click.Choice(["columns", "events"]),
    default="columns",
    show_default=True,
    help="`events` sends every minute through every actor; `columns` only where something can"
    " happen.",
)
@click.option(
    "--fills",
    type=click.Choice(["tape", "bar"]),
    default="tape",
    show_default=True,
    help="What decides that an order has filled: a tape of the minute, or its candle alone.",
)
@click.option(
    "--check", is_flag=True, help="Play on both engines; exit code 1 at the first difference."
)
@click.option("--report", type=_FILE, metavar="R.json", help="Write everything as JSON.")
@click.option("--html", type=_FILE, metavar="R.html", help="Write a page with charts, in one file.")
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write trades, orders, equity and refusals there, as Parquet.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 10**9),
    default=1,
    metavar="N",
    help="How many settings you have tried on this market, this one included (default 1).",
)
@click.option(
    "--like",
    type=Parsed("run", lambda text: (parse_run(text),)),
    metavar="RUN",
    help="Fees, books, and how long orders take, as in this run of --env: its number, or `last`.",
)
@click.option("--baseline", type=_FILE, metavar="B.json", help="An earlier report to compare with.")
@json_option
@env_option
@folder_options
def backtest(
    folders: Folders,
    *,
    sets: tuple[str, ...],
    strategy: str | None,
    trials: int,
    baseline: Path | None,
    as_json: bool,
    check: bool,
    **asked: Any,
) -> int:
    """Play, show, and compare."""
    from app.backtest.summary import show

    files = Files(asked["report"], asked["html"], asked["results"])
    files.check()
    before = None if baseline is None else _read(baseline)
    try:
        plan = _plan(folders, sets, strategy, asked)
    except MarketError as error:
        raise click.UsageError(str(error)) from error
    outcome, differs = _play(plan, check=check)
    outcome = evolve(outcome, trials=trials)
    text = files.write(outcome, is_text_needed=as_json)
    if as_json:
        click.echo(text, nl=False)
    else:
        show(outcome, Console(highlight=False, file=sys.stdout))
    if files.html is None and not as_json:
        click.echo("for charts, months and trades on candles add: --html sheet.html", err=True)
    moved_by = 0 if before is None else _compared(before, outcome)
    return max(moved_by, _checked(differs)) if check else moved_by


def _play(plan: BacktestPlan, *, check: bool) -> tuple[BacktestOutcome, EngineDifference | None]:
    """Play once, or on both engines; return what came of it, and where these differ. By candles
    alone it is played once more, for what they leave open.
    """
    from app.backtest.check import check as played_twice
    from app.backtest.outcome import run, with_kindest
    from app.backtest.plan import FillRule

    minutes, first = (plan.end_ns - plan.start_ns) // MINUTE, 2 if check else 1
    whole = minutes * (first + (plan.fills is FillRule.BAR))
    with progress_bar("backtest on both engines" if check else "backtest", whole) as done:
        outcome, differs = played_twice(plan, done) if check else (run(plan, done), None)
        return with_kindest(outcome, lambda more: done(first * minutes + more)), differs


def _checked(differs: EngineDifference | None) -> int:
    """Say whether both engines have done the same."""
    same = "both engines agree: fills, verdicts and marks are the same"
    click.echo(same if differs is None else f"the engines differ: {differs}", err=True)
    return 0 if differs is None else 1


def _plan(
    folders: Folders, sets: tuple[str, ...], strategy: str | None, asked: Any
) -> BacktestPlan:
    from app.backtest.plan import BacktestEngine, FillRule, plan_of
    from app.run.settings import lookback_ns, strategies_of
    from config.loading import load

    config = load(folders.config, sets)
    if strategy is not None:
        if strategy not in config.strategies:
            known = ", ".join(sorted(config.strategies))
            raise click.UsageError(f"--strategy: expected one of {known}, was {strategy}")
        only = (
            f"strategies.{name}.enabled={str(name == strategy).lower()}"
            for name in config.strategies
        )
        config = load(folders.config, (*sets, *only))
    if not strategies_of(config):
        raise click.UsageError("no strategy is enabled; name one with --strategy")
    seed = DEFAULT_SEED if asked["seed"] is None else asked["seed"]
    plan = plan_of(
        asked["market"],
        config,
        seed=seed,
        lookback_ns=lookback_ns(config),
        from_ns=asked["from_ns"],
        to_ns=asked["to_ns"],
        capital=asked["capital"],
        engine=BacktestEngine(asked["engine"]),
        fills=FillRule(asked["fills"]),
    )
    return _like(plan, folders, asked)


def _like(plan: BacktestPlan, folders: Folders, asked: Any) -> BacktestPlan:
    """Return the plan with the fees and times of a recorded run, if one is named."""
    if asked["like"] is None:
        if asked["mode"] is not None:
            raise click.UsageError("--env: it says whose run --like means; name that too")
        return plan
    from app.backtest.plan import LikeRun
    from app.commands.replay import recorded_run
    from app.replay.measured import measured, odd_rows, seen_books

    try:
        journal = journal_of(folders, asked["mode"])
        run = recorded_run(journal, *asked["like"])
        times = measured(run)
        seen = seen_books(run, journal.parent, plan.products)
    except (JournalBroken, NotReplayable, OSError) as error:
        raise click.UsageError(f"--like: {folders.address.put(str(error))}") from error
    if seen.odd:
        click.echo(f"--like: {odd_rows(seen.odd)}", err=True)
    return evolve(
        plan,
        fees=times.fees,
        delay_ns=times.delay_ns,
        books=seen.books,
        like=LikeRun(times.told, times.orders, seen.looks),
    )


def _read(file: Path) -> tuple[Metrics, dict[str, Any]]:
    """Return the metrics of a baseline, and what it is of."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(known, dict):
            raise BaselineUnusable("it is no report")
        return baseline_of(known.get("metrics")), known
    except (OSError, ValueError, RecursionError, BaselineUnusable) as error:
        raise click.UsageError(f"--baseline {file}: {error}") from error


def _compared(before: tuple[Metrics, dict[str, Any]], outcome: BacktestOutcome) -> int:
    """Say what has moved; 2 where both are of different markets."""
    from app.backtest.report import played, rounded

    (metrics, known), now = before, played(outcome)
    for name in ("market", "from", "to", "opening", "fills"):
        was = known.get(name, "tape" if name == "fills" else None)  # older reports knew one rule
        if was != now[name]:
            told = f"the baseline's `{name}` is {was}, here it is {now[name]}"
            raise click.UsageError(f"--baseline: {told}; compare like with like")
    found = moved(metrics, metrics_of(rounded(outcome.metrics)))
    for each in found:
        click.echo(f"moved: {each}", err=True)
    if not found:
        click.echo("nothing has moved by more than 2 % from the baseline", err=True)
    _say_orders(known.get("order_hashes"), outcome)
    return 1 if found else 0


def _say_orders(before: object, outcome: BacktestOutcome) -> None:
    """Say whether the same orders were sent as in a baseline that tells it."""
    from app.backtest.order_lists import differing, order_hashes

    if not isinstance(before, dict):
        return  # an older report
    others = ", ".join(differing(before, order_hashes(outcome.trail)))
    click.echo(f"other orders than in the baseline: {others}" if others else SAME_ORDERS, err=True)
