"""Every kind of alert that there is, by its code: what has happened when it is written.

Texts of alerts are made beside what they are about; here stands which there are, for whoever wants
to see each of them once. A test holds both together.
"""

from __future__ import annotations

from domain.system.alert_ends import RESOLVED
from domain.system.courier_alerts import SIGN_OF_LIFE

BREAKER = "BREAKER"
"""How the codes begin of alerts about breakers; the name of the breaker follows after a colon."""

ALERT_KINDS: dict[str, str] = {
    BREAKER: "a breaker opened",
    RESOLVED: "what an alert was about has ended",
    "ACTOR_DOWN": "an actor died",
    "ACTOR_BACK": "alerts can be written again",
    "ACTOR_GIVEN_UP": "an actor is not started any more",
    "SHORTAGE": "an actor can't be started for want of something",
    "DISCREPANCY": "venue and books differ",
    "AFTER_ITS_END": "an order that had ended has more at the venue",
    "LEFT_OUT": "an entry of the venue could not be read",
    "CASH_FLOW": "a balance changed by no order of ours",
    "MISSING": "coins of a lot are not at the venue any more",
    "UNPROTECTED": "a lot that nothing sells",
    "NO_VENUE_STOP": "no order at the venue protects a lot",
    "EXIT_HINDERED": "a due sale can't be done",
    "TRIM_HINDERED": "sales down to a cap fail",
    "DUST": "a lot is too small to be sold",
    "CONVERSION": "what sales brought was not converted",
    "STALENESS": "a price that nothing confirms",
    "CLOCK": "something is stamped ahead of time",
    "HISTORY": "candles could not be read",
    "STOP_UNCONFIRMED": "a run ended before its end was confirmed",
    "KEY_AGE": "the key has to be replaced",
    "WALLET": "the account holds what can't be traded with",
    "OTHER_WALLET": "money lies in another portfolio",
    "COURIER": "the process that sends alerts ended",
    "CHANNEL": "an address takes no alerts",
    SIGN_OF_LIFE: "the daily word that the trader lives",
}


def kind_of_alert(code: str) -> str:
    """Return the kind that the code of an alert is of."""
    return code.partition(":")[0]
