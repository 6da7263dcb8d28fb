"""By which number trials are compared; more is better once it is turned the right way."""

from __future__ import annotations

from enum import StrEnum


class SearchGoal(StrEnum):
    """What a sweep looks for the best of."""

    SHARPE = "sharpe"
    """Sharpe ratio of hourly returns, a year."""
    RETURN_OVER_DRAWDOWN = "return_over_drawdown"
    """Profit in percent over the deepest drawdown in percent."""
    TOTAL_PNL_PCT = "total_pnl_pct"
    """Profit in percent of the beginning, what is open included."""
    PROFIT_FACTOR = "profit_factor"
    """What winners won over what losers lost."""
    WIN_RATE = "win_rate"
    """Percent of closed trades that earned something after fees."""
    MAX_DRAWDOWN_PCT = "max_drawdown_pct"
    """The deepest drawdown in percent: less is better."""

    @property
    def sign(self) -> int:
        """Return 1 where more is better, -1 where less is."""
        return -1 if self is SearchGoal.MAX_DRAWDOWN_PCT else 1
