"""Why a product was, or was not, traded at a decision: in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from actors.reporting.refusals import refused, rounded
from domain.decisions.rounds import DROPPED
from domain.model import figures
from domain.model.approval import ExitReason
from domain.model.breakers import Breaker
from domain.model.context import Regime
from domain.model.figures import moment
from domain.model.funnel import FunnelLoss, Stage
from domain.model.orders import TERMINAL, OrderState
from domain.model.product import base_of
from domain.model.spelling import product_meant
from domain.model.universe import Exclusion, Standing
from domain.results.decision import Decision, Fate
from domain.system.ways_out import way_out

NO_DECISION = "nothing was decided"
_EXCLUDED = {
    Exclusion.NEVER_TRADE: "it is listed as never traded",
    Exclusion.BANNED: "it is banned",
    Exclusion.DISABLED: "the venue takes no entries in it",
    Exclusion.CATALOGUE_OLD: "the venue's catalogue could not be read for long",
    Exclusion.VOLUME_UNKNOWN: "its volume of 24 h is not known",
    Exclusion.BOOK_UNKNOWN: "its book is not known",
    Exclusion.VOLUME: "its volume of 24 h is too low",
    Exclusion.SPREAD: "its spread is too wide",
    Exclusion.DEPTH: "its book is too thin",
    Exclusion.WAITING: "it meets the limits again, but not for long enough",
}
_LOST = {
    "no_bars": "it has no closed minutes yet, so no strategy saw it",
    "no_fresh_price": "it had no fresh price, so no strategy saw it",
    "max_triggers_per_cycle": "more products triggered than a strategy looks at in one decision",
    **DROPPED,
}
_ENDED = {
    OrderState.CANCELLED: "was cancelled",
    OrderState.REJECTED: "was rejected by the venue",
    OrderState.EXPIRED: "was not filled in time",
    OrderState.VOID: "never reached the venue",
}
SOLD_BECAUSE = {
    ExitReason.STOP: "its stop was hit",
    ExitReason.TARGET: "its target was reached",
    ExitReason.MAX_HOLD: "it had been held as long as allowed",
    ExitReason.SIGNAL: "its strategy wanted out",
    ExitReason.TRIM: "more was held than a cap allows",
    ExitReason.OPERATOR: "you asked for it",
}


_BEFORE = {Stage.ALLOCATED: Stage.PROPOSED, Stage.PROPOSED: Stage.TRIGGERED}
"""How far a product came that was lost on the way to a stage."""


def sentences(made: Decision) -> tuple[str, ...]:
    """Return why `made` came out as it did: what kept the product out, first reason first."""
    return tuple(_told(made))


def stage_of(made: Decision) -> tuple[str, str]:
    """Return how far the product came, "" if nowhere, and the code of what kept it from more."""
    if made.judged is None:
        return "", "no_decision"
    if made.entries:
        filled = any(each.base for each in made.entries)
        state = made.entries[0].state
        reason = "" if filled or state is None else state.value.lower()
        return (Stage.FILLED if filled else Stage.APPROVED), reason
    if made.refusals:
        return Stage.ALLOCATED, made.refusals[0].refusals[0].reason
    loss = _loss(made)
    if loss is not None:
        return _BEFORE.get(loss.stage, Stage.ELIGIBLE), loss.reason
    standing = made.standing
    if standing is None or standing.exclusion_reason is not None:
        return "", "unknown_product" if standing is None else str(standing.exclusion_reason)
    return Stage.SEEN, "no_signal"


def _told(made: Decision) -> Iterator[str]:
    name, judged = made.product, made.judged
    if judged is None:
        yield f"{NO_DECISION} about {name} up to then"
    elif made.entries:
        for fate in made.entries:
            yield _fate(fate)
    elif made.refusals:
        for each in made.refusals:
            yield f"{each.strategy} proposed it, and the risk gate refused: {refused(each)}"
    else:
        yield from _not_proposed(made)
    for breaker in made.breakers:
        yield _blocked(breaker)
    regime = made.regime
    if regime is not None and regime.regime is not Regime.CHOP:
        scaled = f"sizes x {regime.regime.multiplier}"
        yield f"the market counted as {regime.regime}: {scaled}; {regime.why}"
    if made.sale is not None:
        yield _sale(made.sale)


def _not_proposed(made: Decision) -> Iterator[str]:
    """Yield why nothing of the product came to the risk gate."""
    name, standing, loss, judged = made.product, made.standing, _loss(made), made.judged
    if standing is None and made.is_universe_known:
        hint = product_meant(name) or ": is it spelt right?"
        yield f"{name} is not in the venue's catalogue in our currency{hint}"
        return
    if standing is not None and standing.exclusion_reason is not None:
        yield _excluded(standing, made)
        return
    if loss is not None:
        who = f"{loss.strategy} proposed it, but " if loss.stage is Stage.ALLOCATED else ""
        yield f"{name} was not bought: {who}{_LOST.get(loss.reason, loss.reason)}"
    else:
        tier = f" (it may be bought, in tier {standing.tier})" if standing is not None else ""
        yield f"{name} was not bought: it gave no strategy a signal{tier}"
    if judged is not None and judged.late:
        yield f"no answer in time from {', '.join(judged.late)}"


def _loss(made: Decision) -> FunnelLoss | None:
    funnel = None if made.judged is None else made.judged.funnel
    losses = () if funnel is None else funnel.losses
    return next((each for each in losses if each.product == made.product), None)


def _excluded(standing: Standing, made: Decision) -> str:
    reason = standing.exclusion_reason
    assert reason is not None
    numbers = f"{rounded(standing.observed)}, limit {rounded(standing.limit)}"
    why = f"{_EXCLUDED[reason]} ({numbers})"
    return f"{made.product} was not bought: excluded since {moment(made.since_ns)}, {why}"


def _blocked(breaker: Breaker) -> str:
    way = way_out(breaker.name)
    since = moment(breaker.at_ns)
    return (
        f"entries were blocked by {breaker.name} since {since}: {rounded(breaker.reason)};"
        f" what ends it: {way.by_itself or way.person} ({way.command})"
    )


def _fate(fate: Fate) -> str:
    order, base = fate.order, base_of(fate.order.product)
    asked = f"{figures.size(order.quantity)} {base} for {order.strategy}"
    if fate.base:
        whole = "" if fate.base == order.quantity else f" of {figures.size(order.quantity)}"
        return (
            f"bought {figures.size(fate.base)}{whole} {base} at"
            f" {figures.price(fate.worth / fate.base)} for {order.strategy}"
        )
    if fate.state in TERMINAL and fate.state is not None:
        reason = f": {fate.reason}" if fate.reason else ""
        return f"an entry of {asked} was approved, but it {_ENDED.get(fate.state, 'ended')}{reason}"
    return f"an entry of {asked} was approved and is on its way or rests at the venue"


def _sale(fate: Fate) -> str:
    order, base = fate.order, base_of(fate.order.product)
    why = SOLD_BECAUSE[ExitReason(order.reason)]
    price = figures.price(fate.worth / fate.base)
    sold = f"{figures.size(fate.base)} {base} at {price}"
    return f"sold last: {sold}, {moment(fate.at_ns)}, because {why}"
