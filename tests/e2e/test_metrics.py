"""Every metric is fed: a run in which everything happens moves all of them, and a real Prometheus
reads them.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from adapters.telemetry.metrics import METRICS, MetricKind
from tests.builders.runs import EAGER, ROOT, Running, call, trader
from tests.builders.simulator import fault, script_of
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.req("OB1"), pytest.mark.slow]

RULES = ROOT / "ops" / "prometheus" / "rules.yml"
PACKAGE = "is not installed (Debian package prometheus)"
SERVED = re.compile(r"metrics for Prometheus: (http://127\.0\.0\.1:[0-9]+)/metrics")
STOOD_STILL_S = 7.0
"""Longer than a quote may be old: what was known before is old then."""
DRILLS = (
    "--drill=crash:universe@10s",
    "--drill=hang:entries@14s",
)
FAULTS = (
    fault("freeze_stream", at="6s", for_="9s"),
    fault("http_429", at="20s", for_="8s"),
)
SETTINGS = (
    *EAGER,
    "--set=app.metrics.port=0",
    "--set=policy.loop.interval_seconds=2",
    "--set=policy.exits.venue_stops=false",
    "--set=policy.supervision.paper_auto_resumes=1",
)


def address_of(running: Running) -> str:
    """Return where a running trader says that its metrics are."""
    running.wait_until(lambda: SERVED.search(running.log))
    found = SERVED.search(running.log)
    assert found is not None
    return found[1]


class Seen:
    """The largest value that each metric has shown so far."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.largest: dict[str, float] = {}

    def look(self) -> None:
        text = requests.get(f"{self._address}/metrics", timeout=10).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                known = self.largest.get(sample.name, 0.0)
                self.largest[sample.name] = max(known, abs(sample.value))

    @property
    def unmoved(self) -> set[str]:
        """Return the metrics that have shown nothing but zeros, or nothing at all."""
        return {name for name in samples() if not self.largest.get(name)}


def samples() -> set[str]:
    """Return the name of a sample of each metric; of a histogram the number of its times."""
    return {
        f"{each.full_name}_count" if each.kind is MetricKind.HISTOGRAM else each.full_name
        for each in METRICS
    }


def test_a_run_in_which_everything_happens_moves_every_metric(tmp_path: Path) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text(script_of(FAULTS))
    with trader(tmp_path, *SETTINGS, *DRILLS, "--faults", str(script)) as running:
        running.ready()
        seen = Seen(address_of(running))

        def moved_but(rest: set[str]) -> bool:
            seen.look()
            return seen.unmoved <= rest

        at_the_end = {"bulkhead_halted", "bulkhead_positions_unprotected"}
        stopped = at_the_end | {"bulkhead_process_gaps_total"}
        wait_for(lambda: moved_but(stopped), told=lambda: str(sorted(seen.unmoved)))
        running.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(STOOD_STILL_S)  # nothing else makes a process stand still
        running.process.send_signal(signal.SIGCONT)
        wait_for(lambda: moved_but(at_the_end), told=lambda: str(sorted(seen.unmoved)))

        killed = threading.Thread(target=lambda: call(tmp_path, "kill", "--reason", "drill"))
        killed.start()
        while running.process.poll() is None and seen.unmoved:
            try:
                seen.look()
            except requests.ConnectionError:
                break  # it has ended between two looks
        killed.join()

        assert running.stopped()[0] == 3
        assert seen.unmoved == set()

    told = call(tmp_path, "slo", "--json")
    assert told.returncode == 1, "a run of little else than faults is degraded"
    assert '"met": false' in told.stdout


@contextmanager
def prometheus(program: str, home: Path, target: str) -> Iterator[str]:
    """Run Prometheus on the shipped rules and `target`; give its address."""
    settings = (ROOT / "ops" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    assert "127.0.0.1:9464" in settings
    own = settings.replace("127.0.0.1:9464", target).replace("scrape_interval: 5s", SHORT)
    (home / "prometheus.yml").write_text(own, encoding="utf-8")
    shutil.copy(RULES, home / "rules.yml")
    command = [program, "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb"]
    log = home / "prometheus.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [*command, "--web.listen-address=127.0.0.1:0"], cwd=home, stdout=said, stderr=said
        )
    try:
        found = re.compile(r"Listening on.*address=(127\.0\.0\.1:[0-9]+)")
        wait_for(lambda: found.search(log.read_text()), told=log.read_text)
        match = found.search(log.read_text())
        assert match is not None
        address = f"http://{match[1]}"
        wait_for(lambda: requests.get(f"{address}/-/ready", timeout=10).ok, told=log.read_text)
        yield address
    finally:
        process.terminate()
        process.wait()


SHORT = "scrape_interval: 1s"


def tool(name: str) -> str:
    """Return the path of a program, or skip the test with the reason."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} {PACKAGE}")
    return found


def test_a_real_prometheus_scrapes_a_running_trader(tmp_path: Path) -> None:
    program = tool("prometheus")
    with trader(tmp_path, *SETTINGS) as running:
        running.ready()
        target = address_of(running).removeprefix("http://")
        with prometheus(program, tmp_path, target) as address:

            def asked(query: str) -> list[dict[str, object]]:
                answer = requests.get(
                    f"{address}/api/v1/query", params={"query": query}, timeout=10
                ).json()
                return list(answer["data"]["result"])

            wait_for(lambda: asked("bulkhead_cycle_seconds_count > 0"))
            wait_for(lambda: asked('sum(rate(bulkhead_cycle_seconds_bucket{le="1.0"}[10s])) > 0'))
            rules = requests.get(f"{address}/api/v1/rules", timeout=10).json()["data"]["groups"]
            assert {rule["health"] for group in rules for rule in group["rules"]} <= {
                "ok",
                "unknown",
            }
            names = requests.get(f"{address}/api/v1/label/__name__/values", timeout=10).json()
            assert {"bulkhead_equity", "bulkhead_orders_total"} <= set(names["data"])
        assert running.interrupt()[0] == 0


def test_promtool_accepts_rules_and_metrics(tmp_path: Path) -> None:
    program = tool("promtool")
    rules = subprocess.run(
        [program, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert rules.returncode == 0, rules.stdout + rules.stderr
    with trader(tmp_path, *SETTINGS) as running:
        running.ready()
        text = requests.get(f"{address_of(running)}/metrics", timeout=10).text
        assert running.interrupt()[0] == 0
    metrics = subprocess.run(
        [program, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (metrics.returncode, metrics.stderr) == (0, "")


def test_a_port_that_is_taken_is_told_and_trading_goes_on(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with trader(first, *SETTINGS) as running:
        running.ready()
        port = address_of(running).rpartition(":")[2]
        taken = f"--set=app.metrics.port={port}"
        done = call(second, "--env", "paper", *EAGER, taken, "--duration", "1s")
        assert running.interrupt()[0] == 0

    assert done.returncode == 0
    assert f"no metrics are served: port {port} can't be had" in done.stderr
