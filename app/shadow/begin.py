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
from domain.system.ways_out import SHADOW_REPORT


def begin_shadow(system: ActorSystem, options: TradeOptions, recovered: Recovered) -> Shadow:
    """Return the shadow that `options` ask for, which they must do; it watches from now on.

    Raises:
        OSError: its file can't be written.
    """
    config = options.shadow
    assert config is not None
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
    log, report = system.log_for("shadow"), options.folders.address.put(SHADOW_REPORT)
    shadow = kind(pipeline, comparison, file, log, report)
    system.observe(OBSERVED, shadow.see)
    log.info(f"a shadow decides beside the trader; how: {report}")
    return shadow
