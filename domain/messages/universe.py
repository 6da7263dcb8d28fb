"""What may be bought in which state of the market, and what a person says about it."""

from __future__ import annotations

from attrs import frozen

from domain.model.context import Regime
from domain.model.instants import Nanos
from domain.model.regime import RegimeReading
from domain.model.universe import BookMeasure, Standing


@frozen
class LiquidityMeasured:
    """Spread and depth of some products' books, of now."""

    measures: tuple[BookMeasure, ...]


@frozen
class UniverseJudged:
    """The standing of every product of the catalogue in our currency, by name."""

    standings: tuple[Standing, ...]


@frozen
class StandingsChanged:
    """For the record: the standings whose tier or exclusion is another than before."""

    standings: tuple[Standing, ...]


@frozen
class RegimeJudged:
    """The state of the whole market, where it comes from and how old it is."""

    reading: RegimeReading


@frozen
class AssetBanned:
    """A person wants nothing of `asset` bought before `until_ns`, market time."""

    asset: str
    reason: str
    until_ns: Nanos


@frozen
class BanCleared:
    """A person lifts the ban of `asset`."""

    asset: str
    reason: str


@frozen
class RegimeSet:
    """A person says what state the market is in; it counts until `until_ns`, market time."""

    regime: Regime
    reason: str
    until_ns: Nanos


@frozen
class RegimeCleared:
    """The detector counts again."""

    reason: str
