"""The records of one run, and what its journal says of the time before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from app.configuration.history import KeptConfig, kept_in
from config.mode import Mode
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.errors import TradingError
from domain.model.instants import MINUTE, Nanos, bucket_start, iso
from domain.model.money import Amount
from domain.model.portfolio import totals_of
from domain.system.recovery import JournalFold, Recovered

LAST = "last"
Records = Iterable[tuple[Nanos, Any]]


class NotReplayable(TradingError):
    """The run can't be played again; the text says why, and what would help."""


@frozen(kw_only=True)
class RecordedRun:
    """Run `number` of a journal: what was before it, and its records up to its last valuation.

    `told` is the profit that it recorded then. It made decisions from `begun_ns` to `ended_ns`.
    """

    number: int
    of: int
    started: RunStarted
    before: Recovered
    records: tuple[tuple[Nanos, Any], ...]
    boot: BootCompleted
    statement: StatementTaken
    begun_ns: Nanos
    ended_ns: Nanos
    told: Amount

    @property
    def opening(self) -> dict[str, Any]:
        """Return what the account had at the beginning, by currency."""
        totals = totals_of(self.statement.accounts)
        return {name: amount for name, amount in sorted(totals.items()) if amount}

    def until(self, end_ns: Nanos) -> RecordedRun:
        """Return the run up to its last valuation that is not after `end_ns`.

        Raises:
            NotReplayable: it was never valued by then.
        """
        last = _last_valuation(self.records, end_ns)
        if last is None:
            raise NotReplayable(f"run {self.number} was not valued before {iso(end_ns)}")
        index, told = last
        ended_ns = self.records[index][0]
        return evolve(self, records=self.records[: index + 1], ended_ns=ended_ns, told=told)


@define
class _Runs:
    """Goes through a journal, and keeps the run that is wanted: by number, None: the last."""

    wanted: int | None
    quote: str
    count: int = 0
    started: RunStarted | None = None
    before: Recovered = field(factory=Recovered)
    records: list[tuple[Nanos, Any]] = field(factory=list)

    def take_all(self, records: Records) -> None:
        fold = JournalFold(self.quote)
        for at_ns, message in records:
            if isinstance(message, RunStarted):
                self.count += 1
                if self._is_meant:
                    self.started, self.records = message, []
                    self.before = fold.result()
            if self._is_meant:
                self.records.append((at_ns, message))
            fold.take(at_ns, message)

    @property
    def _is_meant(self) -> bool:
        return self.wanted is None or self.wanted == self.count


def recorded(records: Records, wanted: int | None, quote: str) -> RecordedRun:
    """Return run `wanted` of a journal, counted from 1; None: the newest.

    Raises:
        NotReplayable: there is no such run, or it never came to trade.
    """
    runs = _Runs(wanted, quote)
    runs.take_all(records)
    if runs.started is None:
        known = f"it has runs 1 to {runs.count}" if runs.count else "it has none"
        raise NotReplayable(f"the journal has no run {wanted}: {known}")
    number = runs.count if wanted is None else wanted
    if runs.started.mode == Mode.DRY_RUN.value:
        raise NotReplayable(
            f"run {number} was a dry run: it ordered nothing, so there is nothing to compare;"
            " `python run.py why PRODUCT` tells what it decided"
        )
    return _run(runs, runs.started, number)


def _run(runs: _Runs, started: RunStarted, number: int) -> RecordedRun:
    boot = statement = None
    begun_ns: Nanos | None = None
    for at_ns, message in runs.records:
        match message:
            case BootCompleted(is_provisional=False):
                boot = boot or message
            case StatementTaken():
                statement = statement or message
            case RoundJudged():
                begun_ns = at_ns if begun_ns is None else begun_ns
            case _:
                pass
    last = _last_valuation(runs.records)
    if boot is None or statement is None or begun_ns is None or last is None:
        raise NotReplayable(
            f"run {number} never came to a decision: there is nothing to play again"
        )
    index, told = last
    return RecordedRun(
        number=number,
        of=runs.count,
        started=started,
        before=runs.before if _is_same_world(runs.before, started) else Recovered(),
        records=tuple(runs.records[: index + 1]),
        boot=boot,
        statement=statement,
        begun_ns=bucket_start(begun_ns, MINUTE),
        ended_ns=runs.records[index][0],
        told=told,
    )


def _last_valuation(
    records: Sequence[tuple[Nanos, Any]], end_ns: Nanos | None = None
) -> tuple[int, Amount] | None:
    """Return the place of the newest record that says what was earned, and what it says."""
    for index in range(len(records) - 1, -1, -1):
        at_ns, message = records[index]
        if (end_ns is None or at_ns <= end_ns) and (told := _profit(message)) is not None:
            return index, told
    return None


def _is_same_world(before: Recovered, started: RunStarted) -> bool:
    return not before.world or not started.world or before.world == started.world


def _profit(message: Any) -> Amount | None:
    match message:
        case RunStopped(nlv=nlv, pnl=pnl) if nlv is not None and pnl is not None:
            return pnl
        case EquityMarked(nlv=nlv, opening_nlv=opening) if nlv is not None:
            return Amount(nlv - opening)
        case _:
            return None


def parse_run(text: str) -> int | None:
    """Return the number of a run; None: the last.

    Raises:
        ValueError: it is neither a number from 1 on nor `last`.
    """
    if text == LAST:
        return None
    digits = text.lstrip("0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise ValueError(f"expected the number of a run, counted from 1, or `last`, was {text!r}")
    return int(digits)


def kept_config(folder: Path, config_hash: str) -> KeptConfig:
    """Return what a run of a mode was configured with.

    Raises:
        NotReplayable: it is not kept any more.
    """
    kept = {each.config_hash: each for each in kept_in(folder)}
    found = kept.get(config_hash)
    if found is None:
        known = ", ".join(list(kept)[-3:]) or "none"
        raise NotReplayable(
            f"the configuration {config_hash} of the run is not in {folder / 'config'} any more"
            f" (kept: {known}); without it nobody knows what would have been decided"
        )
    return found
