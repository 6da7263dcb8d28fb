"""What ends every halt and block, and what a person can do about it: no breaker is a dead end.

One row a breaker, by its name; docs/ways-out.md is printed from it. `resume` answers from it when
it can't help, and alerts name its command.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.model.breakers import Breaker

STATUS = "python run.py status"
REPORT = "python run.py report"
SHADOW_REPORT = "python run.py shadow report"
KILL = 'python run.py kill --reason "..."'
RESUME = 'python run.py resume --reason "..."'
RELEASE = 'python run.py release LOT --reason "..."'
UNPAUSE = 'python run.py unpause --reason "..."'
SET_REGIME = 'python run.py regime set chop --reason "..."'
SELFTEST = "python run.py selftest"
VERIFY = "python run.py audit verify"
START = "python run.py --env paper"
START_LIVE = "python run.py --env live --confirm-live"
LIVE_GATES = "live_gates"
"""Name of the breaker while a gate of trading with real money is shut."""
MAILBOX = "mailbox:"
"""How the names begin of breakers that an overflowing inbox opens."""

SET_CLOCK = "timedatectl set-ntp true"


@frozen
class WayOut:
    """One way out. `by_itself`: what closes the breaker without anybody; "" if nothing does.

    `person` says what a person does; `command` is the one that helps, or shows how far it is.
    """

    by_itself: str
    person: str
    command: str


_RESUMES = "look at what happened, then resume"
_STOPS = "stop the trader, mend it, start again"

WAYS_OUT: dict[str, WayOut] = {
    # latched: a person says when
    "kill": WayOut("", "resume, which also removes KILL_SWITCH", RESUME),
    "liquidation": WayOut("", "resume, once it may trade again", RESUME),
    "pause": WayOut("", "unpause; resume does not end it", UNPAUSE),
    "daily_loss": WayOut("", _RESUMES, RESUME),
    "daily_loss_usd": WayOut("", _RESUMES, RESUME),
    "weekly_loss": WayOut("", _RESUMES, RESUME),
    "drawdown": WayOut("", _RESUMES, RESUME),
    "unbooked_fill": WayOut("", "wait until the fill is booked, then resume", RESUME),
    "account": WayOut(
        "",
        "stop; give the key of the portfolio app.account.portfolio_uuid, start again, resume",
        RESUME,
    ),
    "lineage": WayOut(
        "",
        "stop and put the journal of these orders back or restore its backup, or resume if it is "
        "meant",
        RESUME,
    ),
    "journal_shortened": WayOut(
        "",
        "stop and put back what was cut off or restore a backup, or resume if it is meant",
        VERIFY,
    ),
    "lost_orders": WayOut(
        "", "stop and put the newer journal back, or resume if this one is meant", RESUME
    ),
    "restored": WayOut("", "look at what the comparison with the venue says, then resume", RESUME),
    "data_folder": WayOut("", "stop, put the folder back, start again, resume", RESUME),
    "timers": WayOut("", "stop and start again, then resume", RESUME),
    MAILBOX: WayOut("", "stop and start again, then resume", RESUME),
    # availability: gone when its cause is gone
    "reconcile": WayOut(
        "venue and ledger agree in a comparison, one in 30 s",
        "find out what differs: what the owner did is booked within a minute; only if the paper "
        "world itself was lost, begin a new one (`paper reset`)",
        STATUS,
    ),
    "missing": WayOut(
        "the venue holds the coins again, in a comparison, one in 30 s",
        "put them back; or release the lot that status shows, which takes it out of the books",
        RELEASE,
    ),
    "boot": WayOut("the start is complete", "wait for the venue, or stop", STATUS),
    "venue_lists": WayOut("the venue lists everything again", "wait for the venue", STATUS),
    "rejected_orders": WayOut(
        "no order was rejected for throttle.window_seconds",
        "find out from the log why the venue rejects them",
        STATUS,
    ),
    "rejected_entries": WayOut(
        "its pause is over (throttle.rejection_pause_seconds, longer after each rejection in a"
        " row), or the venue takes an entry of it",
        "find out from the log why the venue rejects them",
        STATUS,
    ),
    "repeated_entries": WayOut(
        "the product was not bought for throttle.window_seconds",
        "look why it is bought again and again, disable the strategy if it must not",
        STATUS,
    ),
    "rule_failed": WayOut(
        "every rule of the gate has answered about an entry of the product",
        "find the rule and the error in the alert; the product is not bought until it is mended",
        STATUS,
    ),
    "drop_copy_lists": WayOut("the venue lists orders and fills again", "wait for it", STATUS),
    "live_orders": WayOut("the venue lists live orders again", "wait for the venue", STATUS),
    "private_limit": WayOut(
        "the venue answers a request of our key, which is asked once a minute at the latest",
        "wait for it; end what else asks with this key",
        STATUS,
    ),
    "public_limit": WayOut(
        "the venue answers a public request, which is asked once a minute at the latest",
        "wait for it; end what else asks from this address",
        STATUS,
    ),
    "selftest": WayOut(
        "", "stop; mend the guard that the alert names, or its configuration; start again", SELFTEST
    ),
    LIVE_GATES: WayOut(
        "", "stop; open each gate that it names; start again, all are looked at anew", START_LIVE
    ),
    "permissions": WayOut("", f"{_STOPS}: the key may view and trade, and not transfer", START),
    "user_stream": WayOut("the user stream is connected and complete", "wait for it", STATUS),
    "unknown_order": WayOut(
        "the venue says what became of the order",
        "wait for it; what the venue denies for good is given up by resume, which asks once more",
        RESUME,
    ),
    "unreadable_orders": WayOut(
        "the venue shows the order so that it can be read", "wait for it, or look there", STATUS
    ),
    "no_products": WayOut(
        "", "stop, set app.quote to what the market is quoted in, start again", START
    ),
    "time_gap": WayOut("a clean comparison after the gap", "wait for it", STATUS),
    "clock": WayOut(
        "the clock is within policy.clock.max_drift_ms, looked at every 30 s and when it is set",
        f"have the machine's clock set by servers of time (`{SET_CLOCK}`)",
        STATUS,
    ),
    "sentinel": WayOut(
        "a sentinel watches", "make room for one more process if none can start", STATUS
    ),
    "memory": WayOut("the process uses less than 75 % of its limit", _STOPS, START),
    "crash_regime": WayOut(
        "the regime is another one, by BTC's hours or by `regime clear`",
        "wait; or say which regime counts, which stays on record",
        SET_REGIME,
    ),
    "stablecoin_off": WayOut(
        "the stablecoin has been within policy.stablecoin.max_off_bps of 1 USD for off_seconds",
        "wait; or sell what is owned and hold another currency",
        STATUS,
    ),
    "stablecoin_far": WayOut(
        "the stablecoin has been within policy.stablecoin.max_off_bps of 1 USD for off_seconds",
        "decide whether to hold it: `liquidate` sells the lots, into this very currency; from it"
        " you get out at the venue",
        STATUS,
    ),
    "stablecoin_price": WayOut(
        "the venue prices the stablecoin again, read every 3 s",
        "see whether the venue has a market for it (USDC-USD, or USDT or EURC in USD and USDC);"
        " else trade USD in a folder of its own",
        STATUS,
    ),
    "late": WayOut("the strategy answers a cycle in time", "disable it if it can't", STATUS),
}
_OF_AN_ACTOR = WayOut(
    "the actor is rebuilt and has proven itself, where its row in docs/supervision.md says so",
    "resume, which also tries once more to start what was given up",
    RESUME,
)


def way_out(name: str) -> WayOut:
    """Return the way out of the breaker `name`; one that has no row is that of a dead actor."""
    if name.startswith(MAILBOX):
        return WAYS_OUT[MAILBOX]
    return WAYS_OUT.get(name, _OF_AN_ACTOR)


def sentences(breakers: Iterable[Breaker]) -> tuple[str, ...]:
    """Return a sentence for each breaker: what ends it, and the command."""
    return tuple(dict.fromkeys(sentence(each) for each in breakers))


def sentence(breaker: Breaker) -> str:
    """Return what ends this breaker."""
    way = way_out(breaker.name)
    itself = f"closes when {way.by_itself}; " if way.by_itself and not breaker.is_latched else ""
    return f"{breaker.name}: {itself}{way.person} ({way.command})"
