"""The whole check: what everybody may ask, what the key may, and one order if that was wished."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from app.venue_check.account_steps import AccountSteps, left_out
from app.venue_check.order_steps import A_CANCEL, A_RESTING, CANCELLED, ORDER, OrderSteps
from app.venue_check.public_steps import PublicSteps
from app.venue_check.questions import Questions, Surroundings
from domain.model.errors import TradingError
from domain.system.venue_check import Finding, Verdict, refused, skipped

Lock = Callable[[str], Callable[[], None]]
"""Takes the account of a portfolio, and returns what gives it back; raises `TradingError`."""
NOT_NOW = "every step above well, and nothing that forbids orders"


@frozen(kw_only=True)
class Wish:
    """What the check is to look for.

    `key` is what was found of the key; `forbidden` asks what forbids an order now, None for
    nothing; `lock` keeps traders of the account away while there is one.
    """

    rest: str
    quote_currency: str
    limit_ns: int
    portfolio: str | None
    key: tuple[Finding, ...]
    with_order: bool
    forbidden: Callable[[], str | None]
    lock: Lock


def findings(venue: Questions, around: Surroundings, wish: Wish) -> Iterator[Finding]:
    """Yield every step as soon as it is known how it went."""
    public = PublicSteps(
        venue,
        around,
        rest=wish.rest,
        quote_currency=wish.quote_currency,
        limit_ns=wish.limit_ns,
    )
    yield from public.run()
    yield from wish.key
    may_sign = bool(wish.key) and wish.key[-1].verdict is not Verdict.SKIPPED
    may_sign &= not any(each.verdict is Verdict.REFUSED for each in wish.key)
    account = AccountSteps(
        venue, around, quote_currency=wish.quote_currency, portfolio=wish.portfolio
    )
    if not public.is_reached or not may_sign:
        yield from left_out("it needs a key" if public.is_reached else "the venue is not reached")
    else:
        yield from account.run(public.product)
    if wish.with_order:
        hindered = _hindrance(public, account, wish)
        yield from hindered or _ordered(venue, around, account, wish)


def _hindrance(public: PublicSteps, account: AccountSteps, wish: Wish) -> tuple[Finding, ...]:
    """Return why no order is sent; nothing: one may be."""
    none = skipped(CANCELLED, A_CANCEL, "there is no order")
    forbidden = wish.forbidden()
    if forbidden is not None:
        return refused(ORDER, NOT_NOW, forbidden, "python run.py status"), none
    if not any(each.is_well for each in wish.key):
        return refused(ORDER, NOT_NOW, "there is no key to sign it", wish.key[-1].mend), none
    if not (public.is_on_time and account.is_well) or account.intent is None:
        return skipped(ORDER, NOT_NOW, "not sent: a step above is not well"), none
    return ()


def _ordered(
    venue: Questions, around: Surroundings, account: AccountSteps, wish: Wish
) -> Iterator[Finding]:
    assert account.intent is not None, "an order that the venue was not asked about"
    try:
        release = wish.lock(account.portfolio)
    except TradingError as error:
        yield refused(ORDER, A_RESTING, str(error), "python run.py status")
        yield skipped(CANCELLED, A_CANCEL, "there is no order")
        return
    try:
        yield from OrderSteps(venue, around, wish.forbidden).run(account.intent)
    finally:
        release()
