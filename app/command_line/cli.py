"""The command line: options to values, errors to exit codes."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from app.command_line.environment import FolderUnusable, in_words, is_of_environment
from app.command_line.options import VERSION, Folders
from app.command_line.shell import (
    COMPLETE,
    FOLDER_OPTIONS,
    MODE,
    CommandSession,
    LazyGroup,
    OneOf,
    Parsed,
    raw_folder_options,
    take_folders,
    world_option,
)
from app.command_line.trading_options import (
    parse_balance,
    parse_drill,
    parse_length,
    parse_speed,
    parse_url,
    trade,
)
from app.run.incident import record_incident
from domain.model.errors import InvariantBroken, JournalError, TradingError
from domain.model.instants import parse_typed_time
from domain.model.money import install_context
from domain.model.wording import counted

COMMANDS = {
    "status": ("app.commands.status:status", "A running or stopped instance."),
    "kill": ("app.commands.kill:kill", "Stop trading now, latched."),
    "resume": ("app.commands.kill:resume", "Reset a latched halt or kill."),
    "close": ("app.commands.close:close", "Sell the owned lots of one product."),
    "liquidate": ("app.commands.liquidate:liquidate", "Halt and sell everything."),
    "adopt": ("app.commands.adopt:adopt", "Take foreign coins over as a lot."),
    "release": ("app.commands.release:release", "Give up coins that are missing of a lot."),
    "pause": ("app.commands.pause:pause", "Begin no new trades; exits go on."),
    "unpause": ("app.commands.pause:unpause", "Let new trades begin again."),
    "ban": ("app.commands.ban:ban", "Keep assets from being bought for a while."),
    "regime": ("app.commands.regime:regime", "Say what state the market is in."),
    "why": ("app.commands.why:why", "Why a product was, or was not, traded."),
    "trace": ("app.commands.trace:trace", "The chain of an order, trade or lot."),
    "report": ("app.commands.report:report", "What was earned, and how."),
    "slo": ("app.commands.slo:slo", "How long everything took, against the objectives."),
    "export": ("app.commands.export:export", "Fills, lots, ledger or equity as a file."),
    "shadow": ("app.commands.shadow:shadow", "How a shadow has decided."),
    "logs": ("app.commands.logs:logs", "What it did, line by line."),
    "alerts": ("app.commands.alerts:alerts", "What somebody had to know."),
    "secrets": ("app.commands.secrets:secrets", "The key of the real venue, and its age."),
    "doctor": ("app.commands.doctor:doctor", "What could stop a start, with the fix."),
    "checklist": ("app.commands.checklist:checklist", "The way to real money, with evidence."),
    "selftest": ("app.commands.selftest:selftest", "Try every guard by what it must refuse."),
    "rehearse": ("app.commands.rehearse:rehearse", "A day on paper, drilled and judged."),
    "rehearsal": ("app.commands.rehearsal:rehearsal", "How a rehearsal stands, and its verdict."),
    "torture": ("app.commands.torture:torture", "Hostile strategies, judged by the venue."),
    "incident": ("app.commands.incident:incident", "One file with what happened."),
    "retention": ("app.commands.retention:retention", "What is kept, and what goes when."),
    "audit": ("app.commands.audit:audit", "Verify the journal."),
    "journal": ("app.commands.journal:journal", "Back the journal up, or restore a backup."),
    "config": ("app.commands.config:config", "Check or show the configuration."),
    "strategy": ("app.commands.strategy:strategy", "List, begin or check strategies."),
    "paper": ("app.commands.paper:paper", "List paper worlds, begin one anew."),
    "completion": ("app.commands.completion:completion", "Completion of words for your shell."),
    "backtest": ("app.commands.backtest:backtest", "The strategies over history."),
    "sweep": ("app.commands.sweep:sweep", "Look for better settings, judge them later."),
    "replay": ("app.commands.replay:replay", "A run played again, and compared."),
    "data": ("app.commands.data:data", "Fetch, import or inspect candles for --market."),
    "venue": ("app.commands.venue:venue", "Run the embedded venue alone."),
    "venue-check": ("app.commands.venue_check:venue_check", "The real venue, harmlessly."),
}

EXIT_NO, EXIT_USAGE, EXIT_REFUSED, EXIT_RUNNING, EXIT_BUG = 1, 2, 4, 5, 70


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--env", "mode", type=MODE, metavar="MODE", help="dry-run, paper or live; trades.")
@click.option("--venue", type=OneOf(["embedded", "coinbase"]), help="Default: embedded.")
@click.option(
    "--venue-url",
    type=Parsed("url", parse_url),
    metavar="URL",
    help="A running venue; with --venue coinbase, one on this machine that plays it.",
)
@click.option(
    "--market",
    metavar="SOURCE",
    help="`generated` (default), a file or folder, or mirror:URL.",
)
@click.option(
    "--from",
    "from_ns",
    type=Parsed("time", parse_typed_time),
    metavar="TIME",
    help="Where a recorded market begins to trade.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Of market and jitter."
)
@click.option(
    "--speed",
    type=Parsed("speed", parse_speed),
    metavar="X",
    help="1 (default) to 60, or `max`: virtual time in one process.",
)
@click.option("--cycles", type=click.IntRange(1), metavar="N", help="Stop after N decision cycles.")
@click.option(
    "--duration",
    "duration_ns",
    type=Parsed("duration", parse_length),
    metavar="90s",
    help="Stop after that market time.",
)
@click.option(
    "--paper-balance",
    "balances",
    type=Parsed("balance", parse_balance),
    multiple=True,
    metavar="USD=800",
    help="Opening balance of a new world; repeatable.",
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="FILE.section.key=value",
    help="Override one config value; repeatable.",
)
@click.option(
    "--shadow",
    "shadow_dir",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="Other settings decide beside the trader and send nothing.",
)
@click.option(
    "--drill",
    "drills",
    type=Parsed("drill", parse_drill),
    multiple=True,
    metavar="KIND:NAME@TIME",
    help="Break an actor: crash:risk_gate@20s, hang:feed@1m, exit:exits@5s; repeatable.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What goes wrong at the embedded venue: a script, docs/venue-faults.md.",
)
@world_option
@click.option("--no-dashboard", is_flag=True, help="No web dashboard.")
@click.option("--watch", is_flag=True, help="Keep equity and positions in view below the lines.")
@click.option("--plain", is_flag=True, help="No colour and no symbols.")
@click.option("--quiet", is_flag=True, help="Only warnings and worse on the terminal.")
@click.option("--liquidating", "liquidates_since_s", type=float, hidden=True)
@click.option("--confirm-live", is_flag=True, help="The operator's confirmation, live only.")
@click.option(
    "--leave-live-positions",
    is_flag=True,
    help="Paper only: start although live trading owns something, which nobody watches then.",
)
@click.version_option(
    VERSION,
    prog_name="bulkhead",
    message=f"%(prog)s %(version)s, Python {platform.python_version()}",
)
@raw_folder_options
@click.pass_context
def cli(context: click.Context, /, **values: Any) -> int:
    """Bulkhead: a rules-first spot trading system.

    \b
    Example:
      python run.py --env paper
      python run.py --env paper --market candles.parquet --speed 60 --duration 6h
      python run.py status
    """
    given = {name: values.pop(name) for name in FOLDER_OPTIONS}
    folders = take_folders(context, given)
    chosen = [name for name in values if _is_given(context, name)]
    if context.invoked_subcommand is not None:
        if chosen:
            flag = _flag(context, chosen[0])
            raise click.UsageError(
                f"{flag} stands before `{context.invoked_subcommand}`: trading options take no "
                f"command; options of a command stand behind its name"
            )
        return 0
    if values["mode"] is None:
        if chosen:
            raise click.UsageError(
                f"{_flag(context, chosen[0])} needs --env: without it nothing trades"
            )
        click.echo(context.get_help())
        return 0
    return trade(folders, values)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _flag(context: click.Context, name: str) -> str:
    return next(one.opts[0] for one in context.command.params if one.name == name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no traceback ever reaches the user."""
    install_context()
    session = CommandSession()
    try:
        result = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="run.py",
            complete_var=COMPLETE,
            standalone_mode=False,
            obj=session,
        )
    except Exception as error:  # noqa: BLE001 - the last line of defence: the user gets a sentence
        return _failed(error, session.folders)
    return result if isinstance(result, int) else 0


def _failed(error: Exception, folders: Folders) -> int:
    """Tell the user what went wrong and return the exit code for it."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, click.Abort):
        return _say("stopped", EXIT_NO)
    if isinstance(error, TradingError) and not isinstance(error, InvariantBroken):
        text, code = _told(error)
        return _say(folders.address.put(text), code)
    if is_of_environment(error):
        return _say(in_words(error), EXIT_NO)
    return _say(str(record_incident(error, folders.log)), EXIT_BUG)


def _told(error: TradingError) -> tuple[str, int]:
    from adapters.control.instances import InstanceRunning
    from adapters.venues.coinbase.auth import KeyInvalid
    from config.errors import ConfigError

    if isinstance(error, ConfigError):
        count = counted(len(error.problems), "problem")
        return f"{error}\n{count} in the configuration; nothing was started", EXIT_USAGE
    if isinstance(error, InstanceRunning):
        return str(error), EXIT_RUNNING
    if isinstance(error, FolderUnusable):
        return str(error), error.exit_code
    return str(error), EXIT_REFUSED if isinstance(error, JournalError | KeyInvalid) else EXIT_NO


def _say(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code
