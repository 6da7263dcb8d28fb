"""What a sweep may change and by what it judges: a YAML file, read as strictly as the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any

from attrs import frozen

from app.sweep.objectives import SearchGoal
from config.converter import make_converter
from config.errors import ConfigError, KeyPlace, Problem
from config.filling import nearest, require_mapping, unknown, wrong
from config.loading import FILES
from config.nodes import MAX_BYTES, Tree, read_yaml
from domain.model.bounds import Flaw, Invalid, shown
from domain.model.money import plain
from domain.model.settings import REQUIRED, number, setting

VALUES_MAX, CHOICES_MAX = 10_000, 50
"""Most values of a range, and most choices; each choice is read with the configuration first."""
RANGE, CHOICE = ("low", "high", "step"), ("choices",)
SWEPT = tuple(name for name in FILES if name != "app")


@frozen(kw_only=True)
class Dimension:
    """One key and the texts that it may have behind `--set KEY=`; `is_range`: in their order."""

    key: str
    values: tuple[str, ...]
    is_range: bool

    def text(self, index: int) -> str:
        """Return the override that gives it its value number `index`, from 0."""
        return f"{self.key}={self.values[index]}"

    @property
    def ends(self) -> tuple[int, ...]:
        """Return the indices that stand for all: of a range its ends, of choices each."""
        last = len(self.values) - 1
        return (0, last) if self.is_range else tuple(range(last + 1))

    @property
    def document(self) -> dict[str, Any]:
        """Return it as JSON says it."""
        if not self.is_range:
            return {"key": self.key, "choices": list(self.values)}
        first, last = self.values[0], self.values[-1]
        return {"key": self.key, "low": first, "high": last, "values": len(self.values)}


def _parameters(value: Any) -> None:
    if not value:
        raise Invalid(Flaw((), "names no key: there is nothing to try"))


def _objective(value: Any) -> None:
    if value not in tuple(SearchGoal):
        raise wrong(f"one of {', '.join(SearchGoal)}", value, *nearest(value, SearchGoal))


@frozen(kw_only=True)
class SweepSpace:
    """A space file: the keys that are tried, and how what they come to is judged."""

    objective: str = setting(
        SearchGoal.SHARPE.value, "What is looked for the best of", check=_objective
    )
    seed: int = number(1, "Where the search begins", low=0, high=2**32 - 1)
    folds: int = number(4, "How often is searched and judged, one after the other", low=1, high=50)
    in_sample: Decimal = number(
        "3", "How much longer the searched time is than the judged one", low="1", high="50"
    )
    anchored: bool = setting(False, "Whether each search begins where the market does")
    min_trades: int = number(
        5, "Fewer closed trades in the searched time are no result", low=1, high=100_000
    )
    parameters: tuple[Dimension, ...] = setting(
        REQUIRED, "The keys, each with a range or choices", check=_parameters
    )

    @property
    def wanted(self) -> SearchGoal:
        """Return what is looked for."""
        return SearchGoal(self.objective)

    def sets(self, indices: Mapping[str, int]) -> tuple[str, ...]:
        """Return the overrides of a trial, which has one index a key."""
        return tuple(each.text(indices[each.key]) for each in self.parameters)


def read_space(file: FilePath) -> tuple[SweepSpace, Mapping[str, KeyPlace]]:
    """Return what a space file says, and where each of its keys stands.

    Raises:
        ConfigError: with every problem of it, each with its line.
    """
    tree = read_yaml(_text(file), name=str(file), path=("space",))
    if not tree.problems:
        try:
            return _structured(tree), {
                str(path[-1]): place
                for path, place in tree.places.items()
                if path[:2] == ("space", "parameters") and len(path) == 3
            }
        except Invalid as error:
            for flaw in error.flaws:
                # A key has points of its own: what stands at it is named whole.
                place = tree.place_of(("space", *flaw.path))
                tree.refuse(place, flaw.path, flaw.message, *flaw.hints)
    raise ConfigError(tuple(tree.problems))


def _text(file: FilePath) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError((_whole(file, f"is larger than {MAX_BYTES // 1024} KiB"),))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError((_whole(file, f"cannot be read: {error.strerror}"),)) from error
    except UnicodeDecodeError as error:
        raise ConfigError((_whole(file, "is not UTF-8 text"),)) from error


def _whole(file: FilePath, message: str) -> Problem:
    return Problem(KeyPlace(str(file)), (), message)


def _structured(tree: Tree) -> SweepSpace:
    converter = make_converter()
    converter.register_structure_hook_func(
        lambda kind: kind == tuple[Dimension, ...], lambda value, _: _dimensions(value)
    )
    found: SweepSpace = converter.structure(tree.value, SweepSpace)
    return found


def _dimensions(value: Any) -> tuple[Dimension, ...]:
    require_mapping(value)
    found, flaws = [], []
    for key, told in value.items():
        try:
            found.append(_dimension(key, told))
        except Invalid as error:
            flaws += [flaw.below(key) for flaw in error.flaws]
    if flaws:
        raise Invalid(*flaws)
    return tuple(found)


def _dimension(key: str, told: Any) -> Dimension:
    if key.partition(".")[0] not in SWEPT:
        hint = f"a key begins with {', '.join(SWEPT)}, like strategies.breakout.stop_loss_pct"
        raise Invalid(Flaw((), "can't be swept", (hint,)))
    if not isinstance(told, dict):
        raise wrong("{low: 1, high: 9, step: 1} or {choices: [a, b]}", told)
    flaws = [unknown(name, (*RANGE, *CHOICE)) for name in told if name not in (*RANGE, *CHOICE)]
    if flaws:
        raise Invalid(*flaws)
    if "choices" in told:
        if len(told) > 1:
            raise Invalid(Flaw((), "has choices and a range: keep one of the two"))
        return Dimension(key=key, values=_choices(told["choices"]), is_range=False)
    return Dimension(key=key, values=tuple(_range(told)), is_range=True)


def _choices(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not 2 <= len(told) <= CHOICES_MAX:
        raise Invalid(Flaw(("choices",), f"expected a list of 2 to {CHOICES_MAX} values"))
    texts = []
    for index, each in enumerate(told):
        if isinstance(each, dict | list):
            raise Invalid(Flaw(("choices", index), f"expected one value, was {shown(each)}"))
        texts.append(_value(each))
    if len(set(texts)) < len(texts):
        raise Invalid(Flaw(("choices",), "names a value twice"))
    return tuple(texts)


def _value(value: Any) -> str:
    """Return a value as it stands behind `--set KEY=`."""
    if value is None:
        return "null"
    return value if isinstance(value, str) else shown(value)


def _range(told: Mapping[str, Any]) -> Iterator[str]:
    low, high = _number(told, "low"), _number(told, "high")
    if not low < high:
        raise Invalid(Flaw(("high",), f"must be above low {plain(low)}, was {plain(high)}"))
    if "step" not in told and (low % 1 or high % 1):
        raise Invalid(Flaw((), "needs a step, like {low: 0.5, high: 5, step: 0.5}"))
    step = _number(told, "step") if "step" in told else Decimal(1)
    if step <= 0:
        raise Invalid(Flaw(("step",), f"must be above 0, was {plain(step)}"))
    count, rest = divmod(high - low, step)
    if rest:
        last = plain(low + count * step)
        raise Invalid(Flaw(("step",), f"does not lead from low to high: it ends at {last}"))
    if count >= VALUES_MAX:
        raise Invalid(Flaw(("step",), f"makes more than {VALUES_MAX:,} values"))
    for index in range(int(count) + 1):
        yield plain(low + index * step)


def _number(told: Mapping[str, Any], name: str) -> Decimal:
    if name not in told:
        raise Invalid(Flaw((), f"needs {name}, or choices"))
    value = told[name]
    if not isinstance(value, Decimal):
        raise Invalid(Flaw((name,), f"expected a number, was {shown(value)}"))
    return value
