"""A rule or a strategy is one file and one line of YAML: nothing else has to be touched.

Each test adds exactly that to a copy of the product and asks the copy.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import tidy

RULE = '''"""No entry where the way between bid and ask is long."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import bps
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class WideSpread(EntryRule):
    """Refuses while the spread is wider than the limit."""

    CODE: ClassVar[Reason] = Reason("wide_spread")
    ORDER: ClassVar[int] = 75

    max_bps: Decimal = number(
        "8", "Widest spread", low="1", high="500", unit="bps", tighter="lower"
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the spread is too wide."""
        quote = view.quotes[wanted.product]
        spread = bps((quote.ask - quote.bid) / quote.ask)
        return self.refuse(f"{spread:.2f} bps", "less") if spread > self.max_bps else None
'''
STRATEGY = '''"""Buy everything, always."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import REQUIRED, number
from domain.signals.windows import Bools


@frozen(kw_only=True)
class Always(Strategy):
    """Proposes each product in each round."""

    id: str
    stop_loss_pct: Decimal = number(
        REQUIRED, "Distance of the stop", low="0.1", high="25", unit="% of entry"
    )

    @property
    def lookback(self) -> int:
        """Return the bars it needs."""
        return 1

    def trigger(self, bars: Bars) -> Bools:
        """Look at every bar."""
        return bars.close > 0

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose to buy whatever there is."""
        one = Decimal(1)
        return tuple(
            TradeProposal(
                product=bars.product, side=Side.BUY, notional_pct=one,
                stop_loss_pct=self.stop_loss_pct, take_profit_pct=8 * one, conviction=one,
            )
            for bars in context.bars
        )
'''
JUDGE = """
from config.loading import load
from domain.risk.gate import judge_entry
from tests.builders.messages import a_view, an_entry

verdict = judge_entry(an_entry(), a_view(), 1, load("config").policy.rules)
print(*(f"{each.reason}: {each.observed}" for each in getattr(verdict, "refusals", ())))
"""
DECIDE = """
from app.run.settings import strategies_of
from config.loading import load
from tests.builders.bars import a_context, some_bars

for strategy in strategies_of(load("config")):
    for proposal in strategy.decide(a_context(some_bars([1, 1]))):
        print(strategy.id, proposal.product, proposal.stop_loss_pct)
"""
WIDE_LINE = "rules: {wide_spread: {max_bps: 5}}\n"
ALWAYS_LINE = "eager: {use: always, enabled: true, stop_loss_pct: 3}\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the product with the builders of the tests."""
    for folder in (*tidy.PACKAGES, "tests/builders"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(tidy.ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(tidy.ROOT / "run.py", tmp_path)
    return tmp_path


def python(copy: Path, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of Python with `arguments`, run in the copy."""
    ran = subprocess.run(
        [sys.executable, *arguments], cwd=copy, capture_output=True, text=True, timeout=120
    )
    return ran.returncode, (ran.stdout + ran.stderr).strip()


def check(copy: Path, *arguments: str) -> tuple[int, str]:
    return python(copy, "run.py", "config", "check", *arguments)


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def line_of(file: Path, text: str) -> int:
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return lines.index(text) + 1


@pytest.mark.req("C1", "E1")
def test_a_rule_with_a_limit_is_one_file_and_one_line(copy: Path) -> None:
    assert python(copy, "-c", JUDGE) == (0, "")
    (copy / "domain/risk/rules/wide_spread.py").write_text(RULE, encoding="utf-8")
    assert python(copy, "-c", JUDGE) == (0, ""), "what nothing names must not run"

    append(copy / "config/policy.yaml", WIDE_LINE)

    assert python(copy, "-c", JUDGE) == (0, "wide_spread: 9.99 bps")
    assert check(copy)[0] == 0
    assert (
        "`rules.wide_spread.max_bps` | `8` | bps | 1 .. 500 | lower | Widest spread"
        in (python(copy, "-m", "config.reference")[1])
    )


@pytest.mark.req("C1")
def test_what_its_line_says_wrong_is_told_with_its_place(copy: Path) -> None:
    (copy / "domain/risk/rules/wide_spread.py").write_text(RULE, encoding="utf-8")
    policy = copy / "config/policy.yaml"
    shipped = policy.read_text(encoding="utf-8")

    for written, said in (
        ("max_bps: 501", "policy.rules.wide_spread.max_bps: must be <= 500, was 501"),
        (
            "max_bp: 5",
            "policy.rules.wide_spread.max_bp: unknown key\n  hint: did you mean max_bps?",
        ),
    ):
        line = f"rules: {{wide_spread: {{{written}}}}}"
        policy.write_text(shipped + line + "\n", encoding="utf-8")
        place = f"config/policy.yaml:{line_of(policy, line)}"
        code, text = check(copy)
        assert (code, text.rpartition("\n")[0]) == (2, f"{place}: {said}")


@pytest.mark.req("C1")
def test_a_rule_that_a_requirement_demands_cannot_be_dropped(copy: Path) -> None:
    demanded = RULE.replace(
        "    ORDER:", '    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("O1",)\n    ORDER:'
    ).replace('tighter="lower"', 'tighter="lower", mandatory=True')
    (copy / "domain/risk/rules/wide_spread.py").write_text(demanded, encoding="utf-8")

    code, said = check(copy)

    assert code == 2
    assert "policy.rules.wide_spread.max_bps: is missing and mandatory" in said


@pytest.mark.req("C1", "STR2")
def test_a_strategy_is_one_file_and_one_line(copy: Path) -> None:
    (copy / "domain/strategies/always.py").write_text(STRATEGY, encoding="utf-8")
    append(copy / "config/strategies.yaml", ALWAYS_LINE)

    assert check(copy)[0] == 0
    assert python(copy, "-c", DECIDE) == (0, "eager BTC-USD 3")
    page = python(copy, "-m", "config.reference")[1]
    assert "`NAME.stop_loss_pct` | **mandatory** | % of entry | 0.1 .. 25 |  |" in page
    assert "(`use: always`)" in page


@pytest.mark.req("C1")
def test_a_setting_without_a_meaning_is_told_with_its_line(copy: Path) -> None:
    file = copy / "domain/strategies/always.py"
    file.write_text(STRATEGY.replace("    id: str\n", "    id: str\n    haste: int = 3\n"), "utf-8")
    append(copy / "config/strategies.yaml", ALWAYS_LINE)

    code, said = check(copy)

    place = f"domain/strategies/always.py:{line_of(file, 'haste: int = 3')}"
    assert (code, said.startswith(f"{place}: the setting haste declares no meaning")) == (2, True)
