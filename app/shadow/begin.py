"""Starts the shadow of a run, before any actor of the run lives."""

from __future__ import annotations

from adapters.runtime.actor_system import ActorSystem
from adapters.shadow.records import FOLDER, ShadowFile
from app.command_line.options import TradeOptions
from app.shadow.comparison import ShadowComparison
from app.shadow.differing import differing
from app.shadow.observer import Shadow, ThreadedShadow
from app.shadow.pipeline import OBSERVED, Pipeline
from domain.model.instants import iso
from domain.system.recovery import Recovered


def begin_shadow(system: ActorSystem, options: TradeOptions, recovered: Recovered) -> Shadow | None:
    """Return the shadow that `options` ask for, watching; None if they ask for none.

    Raises:
        OSError: its file can't be written.
    """
    config = options.shadow
    if config is None:
        return None
    start_ns = system.clock.market_ns()
    file = ShadowFile(options.folders.of_mode(options.mode) / FOLDER)
    file.append(
        {
            "kind": "begin",
            "at": iso(start_ns),
            "mode": options.mode.value,
            "currency": config.app.quote.value,
            "config": {"primary": options.config.config_hash, "shadow": config.config_hash},
            "differs": list(differing(options.config, config)),
        }
    )
    comparison = ShadowComparison(file.append)
    pipeline = Pipeline(config, recovered, start_ns, comparison)
    kind = Shadow if options.is_virtual else ThreadedShadow
    shadow = kind(pipeline, comparison, file, system.log_for("shadow"))
    system.observe(OBSERVED, shadow.see)
    return shadow
