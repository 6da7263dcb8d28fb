"""Whether `decide` answers by its look-back alone, the same each time, and only where asked."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from attrs import frozen

from app.strategy_check.columns import content_of
from app.strategy_check.faults import CheckKind, StrategyFault, fault_at
from app.strategy_check.material import CheckMaterial
from domain.decisions.private import private
from domain.decisions.proposals import ProposalInvalid, checked
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.proposal import TradeProposal

Answer = tuple[TradeProposal, ...]


@frozen
class DecisionRow:
    """A row of some bars at which a strategy decides, and whether it triggered there."""

    bars: Bars
    row: int
    has_triggered: bool


class BadAnswer(Exception):
    """An answer that is none; the fault says why."""

    def __init__(self, fault: StrategyFault) -> None:
        super().__init__(fault.told)
        self.fault = fault


def decision_fault(material: CheckMaterial, moments: Sequence[DecisionRow]) -> StrategyFault | None:
    """Return the first moment at which the strategy decides wrongly, None where it never does."""
    strategy = material.strategy
    try:
        answers = []
        for moment in moments:
            answer, fault = _decided(material, moment)
            if fault is not None:
                return fault
            answers.append(answer)
        for moment, answer in reversed(list(zip(moments, answers, strict=True))):
            picture = _picture(material, moment, strategy.lookback)
            if _answer(strategy, picture, moment) != answer:
                told = "decide answers otherwise after other questions: it keeps something"
                return _fault(CheckKind.PURITY, moment, told)
    except BadAnswer as bad:
        return bad.fault
    return None


def proposals(material: CheckMaterial, moments: Sequence[DecisionRow]) -> int:
    """Return how many proposals the strategy makes at these moments."""
    lookback = material.strategy.lookback
    return sum(
        len(_answer(material.strategy, _picture(material, each, lookback), each))
        for each in moments
    )


def _decided(material: CheckMaterial, moment: DecisionRow) -> tuple[Answer, StrategyFault | None]:
    """Return what is decided on the look-back alone, and what is wrong with it."""
    strategy = material.strategy
    picture = _picture(material, moment, strategy.lookback)
    before = _content(picture)
    answer = _answer(strategy, picture, moment)
    if _content(picture) != before:
        return answer, _fault(CheckKind.PURITY, moment, "decide changes the picture it is shown")
    same = (private(picture), picture)
    if any(_answer(each, shown, moment) != answer for each in _twins(strategy) for shown in same):
        told = "decide answers the same question in two ways: it keeps something or draws"
        return answer, _fault(CheckKind.PURITY, moment, told)
    if answer and not moment.has_triggered:
        told = "decide proposes where trigger is false: live it would not have been asked"
        return answer, _fault(CheckKind.SILENCE, moment, told)
    if _answer(strategy, _picture(material, moment, moment.row + 1), moment) != answer:
        told = (
            f"decide answers otherwise with {moment.row + 1} rows of history than with its"
            f" look-back of {strategy.lookback}"
        )
        return answer, _fault(CheckKind.LOOK_BACK, moment, told)
    return answer, None


def _twins(strategy: Strategy) -> tuple[Strategy, Strategy]:
    return strategy, copy.copy(strategy)


def _picture(material: CheckMaterial, moment: DecisionRow, rows: int) -> Context:
    return material.picture(moment.bars.until(moment.row + 1).last(rows))


def _answer(strategy: Strategy, picture: Context, moment: DecisionRow) -> Answer:
    try:
        return checked(strategy.decide(picture), {moment.bars.product})
    except ProposalInvalid as error:
        raise BadAnswer(_fault(CheckKind.ANSWER, moment, f"decide: {error}")) from error
    except Exception as error:  # whatever a plug-in raises is its own fault
        told = f"decide raises {type(error).__name__}: {error}"
        raise BadAnswer(_fault(CheckKind.ANSWER, moment, told)) from error


def _content(picture: Context) -> bytes:
    return b"".join(map(content_of, (*picture.bars, *picture.hours, *picture.days)))


def _fault(check: CheckKind, moment: DecisionRow, told: str) -> StrategyFault:
    return fault_at(check, moment.bars, moment.row, told)
