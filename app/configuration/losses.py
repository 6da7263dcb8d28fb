"""What a configuration can lose at worst, from its limits at a given equity."""

from __future__ import annotations

from typing import Any

from app.configuration.sizes import means_of
from app.run.settings import schedule_of
from config.effective import Config
from config.policy import Policy
from domain.model.context import Regime
from domain.model.figures import money
from domain.model.instants import Nanos
from domain.model.money import Amount, Rate, plain
from domain.risk.blast_radius import GAP_PCT, HUNDRED, BlastRadius, LossMechanism, blast_radius
from domain.risk.feasibility import USUAL_TAKER
from domain.risk.rules.invalid_proposal import InvalidProposal
from domain.risk.rules.total_cap import TotalCap


def mechanism_of(config: Config, nlv: Amount, taker: Rate = USUAL_TAKER) -> LossMechanism:
    """Return what bounds the losses of this configuration at equity `nlv`.

    Fees are those of a new account unless they are known.
    """
    policy, losses = config.policy, config.policy.losses
    used = nlv if policy.capital.allotment is None else min(nlv, policy.capital.allotment)
    at_risk = min(used, nlv * policy.rule(TotalCap).total_pct / HUNDRED)
    rules = means_of(config, nlv, taker, Regime.CHOP).rules
    ceilings = [each for each in (rule.ceiling(nlv) for rule in rules) if each is not None]
    trades = sum(spec.max_trades_per_cycle for spec in config.strategies.values() if spec.enabled)
    return LossMechanism(
        nlv=nlv,
        order_cap=Amount(min(at_risk, *ceilings)),
        at_risk_cap=Amount(at_risk),
        daily_loss=Amount(min(nlv * losses.daily_pct / HUNDRED, losses.max_daily_loss_usd)),
        max_stop_pct=policy.rule(InvalidProposal).max_stop_pct,
        taker=taker,
        interval_ns=Nanos(schedule_of(config, None).interval_ns),
        trades_per_round=trades,
        trades_per_hour=_pacing(policy, "pacing.trades_per_hour"),
        trades_per_day=_pacing(policy, "pacing.trades_per_day"),
    )


def _pacing(policy: Policy, name: str) -> int | None:
    """Return a limit on trades, None where no rule of that kind runs."""
    try:
        return int(policy.value(name))
    except LookupError:
        return None


def radius_of(config: Config, nlv: Amount, taker: Rate = USUAL_TAKER) -> BlastRadius:
    """Return the most that this configuration can lose at equity `nlv`."""
    return blast_radius(mechanism_of(config, nlv, taker), config.app.quote.value)


def told_worst(config: Config, nlv: Amount, taker: Rate) -> str:
    """Return in a sentence the most that can be lost within a day, for a start."""
    (*_, day), gap = radius_of(config, nlv, taker).windows, plain(GAP_PCT)
    return (
        f"{money(day.most)} {config.app.quote} lost in a day, if prices gap by {gap} % behind stops"
    )


def document(config: Config, nlv: Amount) -> dict[str, Any]:
    """Return the bounds for programs; amounts are strings in quote currency."""
    found, mechanism = radius_of(config, nlv), mechanism_of(config, nlv)
    return {
        "nlv": plain(nlv),
        "gap_pct": plain(mechanism.gap_pct),
        "worst_share_of_cost": f"{mechanism.worst_share:.6f}",
        **{each.window: plain(each.most) for each in found.windows},
        "if_prices_go_to_zero": plain(found.to_zero),
        "derivation": {each.window: each.why for each in found.windows},
        "assumptions": list(found.assumptions),
    }


def lines(config: Config, nlv: Amount) -> list[str]:
    """Return the bounds for people."""
    found, currency = radius_of(config, nlv), config.app.quote.value
    rows = [f"the most that this can lose with {plain(nlv)} {currency}:"]
    rows += [f"  within one {each.window:<6} {each.why}" for each in found.windows]
    rows.append(f"  if every price went to 0: {plain(found.to_zero)} {currency}")
    rows += [f"  given: {each}" for each in found.assumptions]
    return rows
