"""How much of a Sharpe ratio is left once it is known how many were tried to find it.

After D. Bailey and M. Lopez de Prado, "The deflated Sharpe ratio" (2014): the best of many
worthless trials has a high ratio by chance alone, and returns with fat tails on the wrong side
look better than they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from attrs import frozen

HOURS_OF_A_YEAR = 24 * 365
EULER = 0.5772156649015329
"""The constant of Euler and Mascheroni."""
_NORMAL = NormalDist()


@frozen(kw_only=True)
class ReturnMoments:
    """The shape of a series of returns, each as a fraction of what was there before.

    `sharpe` is mean over standard deviation for one period, not for a year. `kurtosis` of a normal
    distribution is 3.
    """

    count: int
    sharpe: float
    skew: float
    kurtosis: float

    @property
    def yearly(self) -> float:
        """Return the Sharpe ratio of a year, if the periods are hours."""
        return self.sharpe * math.sqrt(HOURS_OF_A_YEAR)


def moments(returns: Sequence[float]) -> ReturnMoments | None:
    """Return the moments of `returns`; None for fewer than two, or if all are the same as far as
    their fourth power can tell.
    """
    count = len(returns)
    if count < 2:
        return None
    mean = math.fsum(returns) / count
    off = [each - mean for each in returns]
    second = math.fsum(each**2 for each in off) / count
    if second**2 <= 0 or max(returns) == min(returns):
        return None
    third = math.fsum(each**3 for each in off) / count
    fourth = math.fsum(each**4 for each in off) / count
    return ReturnMoments(
        count=count,
        sharpe=mean / math.sqrt(second * count / (count - 1)),
        skew=third / second**1.5,
        kurtosis=fourth / second**2,
    )


def best_by_chance(trials: int, variance: float) -> float:
    """Return the Sharpe ratio to expect of the best of `trials` that are worth nothing.

    `variance` is that of the trials' ratios, for the same period as the result.
    """
    if trials < 2 or variance <= 0:
        return 0.0
    first = _NORMAL.inv_cdf(1 - 1 / trials)
    second = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER) * first + EULER * second)


def deflated_sharpe(found: ReturnMoments, trials: int, variance: float) -> float | None:
    """Return how probable it is (0 to 1) that the true ratio is above 0, given what was tried.

    `found` is the best of `trials`, whose ratios have this `variance`. With one trial it is the
    probabilistic Sharpe ratio. None where the moments allow no statement.
    """
    chance, ratio = best_by_chance(trials, variance), found.sharpe
    spread = 1 - found.skew * ratio + (found.kurtosis - 1) / 4 * ratio**2
    if spread <= 0:
        return None
    return _NORMAL.cdf((ratio - chance) * math.sqrt(found.count - 1) / math.sqrt(spread))
