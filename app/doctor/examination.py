"""Which looks a start of a mode needs, in the order of a start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from app.command_line.options import COINBASE, MIRROR, Folders, TradeOptions
from app.command_line.trading_options import COINBASE_REST
from app.doctor import account, instance, machine
from app.doctor.finding import Look, Symptom, looked
from config.effective import Config
from config.mode import Mode


def examined(
    where: Folders,
    mode: Mode | None,
    sets: tuple[str, ...],
    environment: Mapping[str, str],
    venue_url: str | None,
) -> Iterator[Symptom]:
    """Yield what each look finds, as soon as it is found; `mode` None is the ceiling's."""
    yield from looked(machine.all_of(where))
    config, found = instance.configured(where, sets)
    yield from found
    if config is None:
        yield from looked([("secrets", partial(account.keys, where, environment, is_needed=False))])
        return
    chosen = config.app.mode if mode is None else mode
    yield from looked(_of_instance(where, config, chosen))
    is_live = chosen is Mode.LIVE
    yield from looked([("secrets", partial(account.keys, where, environment, is_needed=is_live))])
    if is_live:
        options = TradeOptions(
            mode=chosen,
            config=config,
            folders=where,
            venue=COINBASE,
            market=MIRROR + (venue_url or COINBASE_REST),
        )
        yield from looked([("gates", partial(account.gates, options, environment))])
        return
    if chosen is Mode.PAPER:
        yield from looked(
            [
                ("clock", partial(account.clock, config)),
                ("wallet", partial(account.paper_wallets, config)),
            ]
        )


def _of_instance(where: Folders, config: Config, mode: Mode) -> list[tuple[str, Look]]:
    folder = where.of_mode(mode)
    looks: list[tuple[str, Look]] = [
        ("mode", partial(instance.ceiling, config, mode)),
        ("metrics", partial(instance.metrics, config)),
        ("lock", partial(instance.lock, folder)),
        ("signal file", partial(instance.signal, where)),
        ("journal", partial(instance.journal, where, folder)),
        ("halts", partial(instance.latches, folder)),
    ]
    return looks[1:] if mode is Mode.LIVE else looks  # there the ceiling is one of the gates
