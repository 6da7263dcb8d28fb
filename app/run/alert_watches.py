"""What brings alerts to people in a run: only where somebody has said where they are to go."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import partial

from adapters.courier.settings import CourierSettings, write_settings
from adapters.courier.urls import AlertUrls, find_urls
from adapters.processes.courier import CourierProcess
from adapters.runtime.actor_system import ActorSystem
from app.command_line.options import ROOT, TradeOptions
from app.run.courier_watch import CourierWatch, UrlWatch
from app.run.sign_of_life import SignOfLife
from app.run.watches import Watch
from domain.system.courier_alerts import of_day_ns

QUIET_CYCLES, QUIET_S = 2.0, 60.0
"""The cycles stand still once two are missing, and a minute more has passed."""


def alert_watches(
    system: ActorSystem,
    options: TradeOptions,
    speed: float,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Watch]:
    """Start what the configuration asks for; without an address nothing at all."""
    alerts, folders = options.config.app.alerts, options.folders
    found = find_urls(environment, alerts.urls_file, ROOT)
    if found.problems:
        yield UrlWatch(system, found.problems)
    if not found.is_needed:
        return
    folder = folders.of_mode(options.mode)
    line = write_settings(courier_settings(options, found, speed))
    yield CourierWatch(system, folder, partial(CourierProcess, line))
    due_ns = of_day_ns(alerts.sign_of_life)
    if found.channels and due_ns is not None:
        yield SignOfLife(system, folder, folders.log, folders.address.name, due_ns)


def courier_settings(options: TradeOptions, found: AlertUrls, speed: float) -> CourierSettings:
    """Return what the courier of this run is told; `speed` is market time in machine time."""
    folders, interval_s = options.folders, options.config.policy.loop.interval_seconds
    return CourierSettings(
        log=folders.log.resolve(),
        mode_folder=folders.of_mode(options.mode).resolve(),
        world=folders.address.name,
        mode=options.mode.value,
        pid=os.getpid(),
        begun_ns=time.time_ns(),
        least=options.config.app.alerts.min_severity,
        urls=tuple(each.url for each in found.channels),
        heartbeat=None if found.heartbeat is None else found.heartbeat.url,
        quiet_after_s=QUIET_CYCLES * interval_s / speed + QUIET_S,
        problems=found.problems,
    )
