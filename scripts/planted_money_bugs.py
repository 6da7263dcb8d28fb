"""Bugs for the guards of what money is worth: peaks of equity, and stablecoins that pay."""

from __future__ import annotations

from scripts.planted_bug import Bug

ACTORS = "tests/unit/actors"
PORTFOLIO = f"{ACTORS}/trading/test_portfolio.py"
COIN = "tests/unit/domain/market/test_stablecoin.py"
COIN_WATCH = f"{ACTORS}/trading/test_stablecoin_watch.py"

MONEY_BUGS = (
    Bug(
        "a peak between two cycles is forgotten",
        "domain/portfolio/losses.py",
        "return _growth(self._grown(now)) > _growth(self.peak) * PEAK_STEP",
        "return False",
        f"{PORTFOLIO} tests/unit/domain/portfolio/test_losses.py",
    ),
    Bug(
        "a stablecoin that is far off waits like one that is near",
        "domain/market/stablecoin.py",
        "if off > self._limits.far_off_bps:",
        "if False:",
        COIN,
    ),
    Bug(
        "a stablecoin without a price lets entries go on",
        "actors/trading/stablecoin_watch.py",
        "        if now.unknown:\n",
        "        if False:\n",
        COIN_WATCH,
    ),
    Bug(
        "the dollar's own book prices a stablecoin",
        "domain/market/stablecoin.py",
        "if not each.alias and each.flags",
        "if each.flags",
        COIN,
    ),
    Bug(
        "an old quote prices a stablecoin",
        "domain/market/stablecoin.py",
        "if quote is None or not now_ns - PRICE_LIMIT_NS <= quote.at_ns <= now_ns + AHEAD_NS:",
        "if quote is None:",
        f"{COIN} {COIN_WATCH}",
    ),
)
