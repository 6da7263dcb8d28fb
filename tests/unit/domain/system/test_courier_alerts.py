"""What is told of channels and couriers, and the word that comes once a day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.instants import DAY, HOUR, MINUTE, Nanos, parse_iso
from domain.system.alert_ends import RESOLVED
from domain.system.courier_alerts import (
    SIGN_OF_LIFE,
    DayFigures,
    last_due_ns,
    of_courier_back,
    of_day_ns,
    of_deaf_channel,
    of_hearing_channel,
    of_lost_courier,
    of_sign_of_life,
    of_unusable_url,
)
from domain.system.journal_head import head_in_words, read_head

pytestmark = pytest.mark.req("AL1")

FIGURES = DayFigures(
    equity=Decimal("9981.841"),
    pnl=Decimal("-18.159"),
    is_of_day=True,
    lots=1,
    open_alerts=0,
    quote="USD",
)


@pytest.mark.parametrize(
    ("alert", "end"),
    [
        (of_lost_courier("it has ended"), of_courier_back()),
        (
            of_deaf_channel("https://x.example", "HTTP 500", 3),
            of_hearing_channel("https://x.example"),
        ),
    ],
)
def test_a_warning_about_delivery_stops_nothing_and_ends(
    alert: AlertRaised, end: AlertRaised
) -> None:
    assert (alert.severity, end.severity, end.code) == (Severity.WARNING, Severity.INFO, RESOLVED)
    assert alert.topic == end.topic != ""
    assert "trading goes on" in alert.done
    assert alert.command.startswith("python run.py alerts")


def test_a_deaf_channel_is_told_with_why_and_how_much_waits() -> None:
    alert = of_deaf_channel("https://x.example", "HTTP 500", 3)

    assert alert.what == "https://x.example has taken no alert for 60 s: HTTP 500"
    assert "3 alerts wait" in alert.done


def test_an_address_that_can_not_be_used_waits_for_a_person() -> None:
    assert of_unusable_url("it is none").topic == ""


def test_the_daily_word_has_equity_pnl_lots_and_open_alerts() -> None:
    alert = of_sign_of_life(FIGURES)

    assert (alert.severity, alert.code) == (Severity.INFO, SIGN_OF_LIFE)
    assert alert.what == (
        "it lives: equity 9981.84 USD, PnL of the day -18.16 USD, 1 lot, 0 open alerts"
    )


def test_the_daily_word_says_what_is_not_known() -> None:
    alert = of_sign_of_life(evolve(FIGURES, equity=None, pnl=None, is_of_day=False))

    assert "equity not known, PnL since the account opened not known" in alert.what


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-29T07:59:59Z", "2026-11-28T08:00:00Z"),
        ("2026-11-29T08:00:00Z", "2026-11-29T08:00:00Z"),
        ("2026-11-29T23:59:59Z", "2026-11-29T08:00:00Z"),
    ],
)
def test_it_is_due_once_a_day(now: str, due: str) -> None:
    assert last_due_ns(parse_iso(now), 8 * HOUR) == parse_iso(due)


def test_a_time_of_day_is_hours_and_minutes() -> None:
    assert of_day_ns("") is None
    assert of_day_ns("00:00") == 0
    assert of_day_ns("23:59") == Nanos(DAY - MINUTE)


@pytest.mark.parametrize("text", ["8:00", "24:00", "08:60", "0800", "08:00:00", "٠٨:00", "-1:00"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected HH:MM"):
        of_day_ns(text)


@pytest.mark.req("AUD1")
def test_the_daily_word_takes_the_head_of_the_journal_off_the_machine() -> None:
    head = head_in_words("ab" * 16, 812, "cd" * 32)
    told = of_sign_of_life(evolve(FIGURES, head=head)).what

    assert read_head(told) == ("ab" * 4, 812, "cd" * 32)
    assert read_head(of_sign_of_life(FIGURES).what) is None
