"""The configuration of the first hours of a certificate: the same, under the smallest caps."""

from __future__ import annotations

from attrs import evolve

from config.effective import Config
from domain.model.money import plain
from domain.risk.canary import (
    CANARY_ASSET_PCT,
    CANARY_DAILY_LOSS,
    CANARY_ORDER,
    CANARY_POSITION_PCT,
    CANARY_TOTAL_PCT,
)
from domain.risk.rule import EntryRule
from domain.risk.rules.asset_cap import AssetCap
from domain.risk.rules.order_cap import OrderCap
from domain.risk.rules.position_cap import PositionCap
from domain.risk.rules.total_cap import TotalCap

CANARY_WORDS = (
    f"{plain(CANARY_TOTAL_PCT)} % of equity in all, {plain(CANARY_POSITION_PCT)} % a position, "
    f"{plain(CANARY_ASSET_PCT)} % an asset, {plain(CANARY_ORDER)} an order, and a halt at a loss "
    f"of {plain(CANARY_DAILY_LOSS)} in a day"
)


def under_canary_caps(config: Config) -> Config:
    """Return `config` with each cap no higher than a canary's; its hashes say so too."""
    policy = config.policy
    losses, rules = policy.losses, tuple(map(_capped, policy.rules))
    most = min(losses.max_daily_loss_usd, CANARY_DAILY_LOSS)
    losses = evolve(losses, max_daily_loss_usd=most)
    return evolve(config, policy=evolve(policy, losses=losses, rules=rules))


def _capped(rule: EntryRule) -> EntryRule:
    match rule:
        case TotalCap():
            return evolve(rule, total_pct=min(rule.total_pct, CANARY_TOTAL_PCT))
        case PositionCap():
            return evolve(rule, position_pct=min(rule.position_pct, CANARY_POSITION_PCT))
        case AssetCap():
            return evolve(rule, asset_pct=min(rule.asset_pct, CANARY_ASSET_PCT))
        case OrderCap():
            return evolve(rule, max_order_usd=min(rule.max_order_usd, CANARY_ORDER))
        case _:
            return rule
