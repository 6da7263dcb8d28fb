"""`run.py liquidate`: sell everything that is owned, whatever state the trader is in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from adapters.control.instances import is_running
from adapters.control.worlds import title
from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import all_option, env_option, folder_options
from app.commands.journals import JOURNAL, decoded
from app.commands.liquidating import (
    NotLiquidated,
    Seller,
    fence,
    is_silent,
    order,
)
from app.commands.operating import targets
from app.commands.report import read_results
from config.mode import Mode
from domain.messages.control import LIQUIDATION
from domain.model import figures
from domain.model.errors import TradingError
from domain.model.money import plain
from domain.model.portfolio import Lot
from domain.model.product import base_of, quote_of
from domain.model.wording import counted
from domain.portfolio.proceeds import START, ends, in_doubt, proceeds_of, would_end
from domain.system.recovery import Recovered, fold

LIMIT_SECONDS = 180.0
"""For selling, once somebody does: a thin book takes as long as it takes, and is told."""
REASON, EMERGENCY = "liquidate", "liquidate --emergency"
RESUMES = 'nothing trades there until `python run.py resume --reason "..."`'
ASKED = "Sell everything listed above at the market, and stop trading?"


@click.command()
@click.option("--emergency", is_flag=True, help="Ask nothing; end a trader that does not answer.")
@click.option("--dry-run", is_flag=True, help="Only list what would be done.")
@all_option
@env_option
@folder_options
def liquidate(
    folders: Folders, mode: Mode | None, emergency: bool, dry_run: bool, is_all: bool
) -> int:
    """Halt, and sell every lot at the market, with or without a trader that runs.

    One that runs is ordered to; one that is stopped or hangs is ended first; where none runs, one
    is started that only sells, also after a kill, which stays latched. Never more than is owned:
    what else the account holds stays. What the sales brought in USD is converted to USDC, once,
    where the venue offers that; what stayed USD is said, and why. Ends with 0 only when nothing
    that can be sold is owned any more and no conversion is in doubt; what is too small for the
    venue is listed as dust. Then nothing trades until `resume`.

    \b
    Example:
      python run.py liquidate --dry-run
      python run.py liquidate --emergency
    """
    meant = targets(folders, mode, is_all=is_all)
    if not meant:
        click.echo(f"liquidate: nothing was done: nothing ever ran in {folders.home}", err=True)
        return 1
    try:
        for folder in meant:
            _list(folder)
    except (JournalBroken, TradingError, OSError) as error:
        said = in_words(error) if isinstance(error, OSError) else str(error)
        click.echo(f"liquidate: what is owned can't be read: {said}", err=True)
        if not emergency:
            return 1
    if dry_run:
        return 0
    if not emergency and not click.confirm(ASKED, err=True):
        click.echo("liquidate: nothing was done", err=True)
        return 1
    reason = EMERGENCY if emergency else REASON
    return max(_carried_out(folders, each, reason, is_hard=emergency) for each in meant)


def _list(folder: Path) -> None:
    state, name = _state(folder), title(folder)
    lots = state.ledger.lots if state.ledger is not None else ()
    alive = [each for each in state.orders.values() if not each.is_terminal]
    if not lots and not alive:
        click.echo(f"{name}: nothing is owned, no order rests")
        for line in _to_convert(state):
            click.echo(f"{name}: {line}")
        return
    click.echo(f"{name}: to halt, to cancel {counted(len(alive), 'order')} of ours, to sell:")
    for lot in lots:
        click.echo(f"  {_told(lot)}")
    for currency in sorted({quote_of(lot.product) for lot in lots}):
        click.echo(f"{name}: {would_end(currency)}")
    for line in _to_convert(state):
        click.echo(f"{name}: {line}")


def _to_convert(state: Recovered) -> Iterator[str]:
    """Yield what an earlier liquidation has left to convert, or to find out."""
    proceeds = state.proceeds
    yield from (in_doubt(each) for each in proceeds.pending)
    if _currency(state) == START and proceeds.left:
        yield f"to convert: {figures.money(proceeds.left)} {START} that sales before have brought"


def _currency(state: Recovered) -> str:
    """Return the currency of the account as the newest start had it, "" before the first."""
    return "" if state.boot is None else next((each.quote for each in state.boot.products), "")


def _told(lot: Lot) -> str:
    quote = lot.product.rpartition("-")[2]
    gone = f", {plain(lot.missing)} of it missing" if lot.missing else ""
    cost = f"cost {figures.money(lot.cost)} {quote}"
    return f"{plain(lot.held)} {base_of(lot.product)} of lot {lot.id}, {cost}{gone}"


def _state(folder: Path) -> Recovered:
    records = ((record.at_ns, message) for record, message in decoded(folder / JOURNAL))
    return fold(records, "")


def _carried_out(folders: Folders, folder: Path, reason: str, *, is_hard: bool) -> int:
    begun_s = time.time()
    try:
        code = _Selling(folders, folder, reason, is_hard=is_hard).run(begun_s)
    except (TradingError, OSError) as error:
        said = in_words(error) if isinstance(error, OSError) else str(error)
        click.echo(f"{title(folder)}: NOT liquidated: {said}", err=True)
        return 1
    if code == 0:
        _tell_rest(folders, folder)
    return code


class _Selling:
    """One liquidation of one folder, from whoever holds it to the word that all is sold."""

    def __init__(self, folders: Folders, folder: Path, reason: str, *, is_hard: bool) -> None:
        self._folders, self._folder, self._reason = folders, folder, reason
        self._is_hard = is_hard
        self._said: list[str] = []
        self._missed = 0

    def run(self, since_s: float) -> int:
        """Sell; return the exit code.

        Raises:
            NotLiquidated: nothing more can be done from here.
            OSError: a trader could not be started or asked.
        """
        seller: Seller | None = None
        try:
            deadline = time.monotonic() + LIMIT_SECONDS
            while time.monotonic() < deadline:
                if not is_running(self._folder):
                    if seller is not None:
                        raise NotLiquidated(
                            "the trader that was started for it has ended: see its log"
                        )
                    if self._is_over():
                        self._say("liquidated before: nothing is owned, no order is open")
                        return 0
                    seller = self._started(since_s)
                    continue
                if self._is_sold():
                    return 0
            raise NotLiquidated(self._unfinished())
        finally:
            if seller is not None:
                seller.end()

    def _is_over(self) -> bool:
        """Tell whether the journal says that a liquidation has sold all, and still halts."""
        state = _state(self._folder)
        is_halted = any(each.name == LIQUIDATION for each in state.latched())
        is_owned = state.ledger is None or bool(state.ledger.lots)
        is_converting = state.proceeds.is_unfinished(_currency(state))
        return is_halted and not (is_owned or is_converting or state.has_unsettled)

    def _unfinished(self) -> str:
        """Return in a sentence what could not be done in time."""
        state = _state(self._folder)
        is_owned = state.ledger is None or bool(state.ledger.lots)
        if state.proceeds.pending and not is_owned:
            return f"all is sold, but {in_doubt(state.proceeds.pending[0])}"
        return f"not all was sold within {LIMIT_SECONDS:g} s; see above, go on"

    def _started(self, since_s: float) -> Seller | None:
        """Start a trader that only sells; None if somebody else was faster."""
        self._say("no trader runs: starting one that only sells")
        seller = Seller(self._folders, self._folder, since_s)
        if seller.await_ready():
            return seller
        code, words = seller.exit_code(), seller.last_words()
        seller.end()
        if code == 5 or is_running(self._folder):
            return None
        raise NotLiquidated(f"a trader to sell could not be started (exit code {code}): {words}")

    def _is_sold(self) -> bool:
        """Order whoever runs to sell; tell whether it says that all is sold."""
        answer = order(self._folder, self._reason)
        if answer is None:
            self._missed += 1
            self._unanswered()
            return False
        self._missed = 0
        code, lines = answer
        self._say(*lines)  # one that was killed says so until it has ended
        return code == 0

    def _unanswered(self) -> None:
        if not is_running(self._folder) or not is_silent(self._folder, self._missed):
            return  # it has ended, or is starting
        if not self._is_hard:
            raise NotLiquidated(
                "a trader runs and does not answer; `liquidate --emergency` ends it and sells"
            )
        self._say("the trader that runs does not answer: it is ended")
        fence(self._folder)

    def _say(self, *lines: str) -> None:
        """Say what is new: the same is asked again and again."""
        if list(lines) == self._said:
            return
        self._said = list(lines)
        for line in lines:
            click.echo(f"{title(self._folder)}: {line}")


def _tell_rest(folders: Folders, folder: Path) -> None:
    """Say what is left: cash and its currency, and how trading begins again."""
    name = title(folder)
    for line in _left(folder):
        click.echo(f"{name}: {line}")
    click.echo(f"{name}: {folders.address_of(folder).put(RESUMES)}")


def _left(folder: Path) -> list[str]:
    """Return what is left, as the journal has it; nothing where it can't be read."""
    try:
        results = read_results(folder / JOURNAL)
        brought = proceeds_of(each for _, each in decoded(folder / JOURNAL))
    except (JournalBroken, OSError):
        return []
    if results is None:
        return []
    cash, currency = results.cash, results.quote_currency
    left = [f"{plain(cash)} {currency} in cash", *ends(currency, brought)]
    return left + [f"not sold: {_told(lot)}" for lot in results.lots]
