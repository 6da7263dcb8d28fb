"""Which gates keep a mode from starting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.mode import Mode

if TYPE_CHECKING:
    from config.effective import Config


def refusals(mode: Mode, config: Config, *, is_confirmed: bool) -> tuple[str, ...]:
    """Return a sentence for each gate that `mode` does not pass; none means it may start."""
    found = []
    ceiling = config.app.mode
    if mode.rank > ceiling.rank:
        source = config.sources.get(("app", "mode"), "the default")
        found.append(f"mode: --env {mode} is above the ceiling app.mode: {ceiling} ({source})")
    if mode is Mode.LIVE:
        found += _live(config, is_confirmed=is_confirmed)
    return tuple(found)


def _live(config: Config, *, is_confirmed: bool) -> list[str]:
    """Return the gates of LIVE; there is no live gateway, so they never all open."""
    found = [] if is_confirmed else ["confirmation: --confirm-live was not given"]
    return [
        *found,
        f"certificate: no rehearsal certificate exists for policy={config.policy_hash}",
        "clock, secrets, permissions, fees: proven only by a rehearsal on the live venue",
        "gateway: this version cannot send orders to a venue with real money",
    ]
