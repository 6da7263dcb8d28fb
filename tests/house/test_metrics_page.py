"""Metrics are documented, and rules and dashboard name no others, but all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapters.telemetry.exporter import BOUNDS_US
from adapters.telemetry.metrics import METRICS, MetricKind
from app.command_line.cli import COMMANDS
from domain.results.objectives import P95_US, P99_US
from scripts import metrics_page, pages
from tests.house.tidy import ROOT

pytestmark = pytest.mark.req("OB1")

RULES = ROOT / "ops" / "prometheus" / "rules.yml"
SCRAPE = ROOT / "ops" / "prometheus" / "prometheus.yml"
DASHBOARD = ROOT / "ops" / "grafana" / "bulkhead.json"
NAMED = re.compile(r"\bbulkhead_[a-z0-9_]+")
BUCKET = re.compile(r'le="([0-9.]+)"')
LABELS = re.compile(r"(bulkhead_[a-z0-9_]+)\{([^}]*)\}")
OF_PROMETHEUS = {"instance", "le", "job"}


def samples() -> set[str]:
    """Return the name of every sample that a scrape may have."""
    parts = ("_bucket", "_count", "_sum")
    return {
        f"{each.full_name}{part}"
        for each in METRICS
        for part in (parts if each.kind is MetricKind.HISTOGRAM else ("",))
    }


def rules() -> list[dict[str, Any]]:
    loaded = YAML(typ="safe", pure=True).load(RULES.read_text(encoding="utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"])


def expressions() -> Iterator[str]:
    yield from (str(rule["expr"]) for rule in rules())
    for panel in panels():
        yield from (str(target["expr"]) for target in panel.get("targets", ()))


def test_the_committed_page_is_the_one_that_the_table_gives() -> None:
    committed = (pages.ROOT / metrics_page.PAGE).read_text(encoding="utf-8")

    assert committed == metrics_page.render(), "run python -m scripts.metrics_page"


def test_rules_and_dashboard_name_metrics_that_are_served_and_leave_none_out() -> None:
    named = {name for text in expressions() for name in NAMED.findall(text)}

    assert named - samples() == set(), "nobody serves these"
    whole = {re.sub(r"_(bucket|count|sum)$", "", name) for name in named}
    assert {each.full_name for each in METRICS} - whole == set(), "nobody shows these"


def test_rules_and_dashboard_ask_for_labels_that_the_metrics_have() -> None:
    labels = {name: set(each.labels) for each in METRICS for name in (each.full_name,)}
    for text in expressions():
        for name, asked in LABELS.findall(text):
            known = labels[re.sub(r"_(bucket|count|sum)$", "", name)] | OF_PROMETHEUS
            assert set(re.findall(r"([a-z_]+)\s*[=!]~?\s*\"", asked)) <= known, text


def test_the_objectives_of_the_rules_are_those_of_the_program() -> None:
    asked = {float(bound) for rule in rules() for bound in BUCKET.findall(str(rule["expr"]))}

    assert asked == {P95_US / 1e6, P99_US / 1e6}
    assert {P95_US, P99_US} <= set(BOUNDS_US)


def test_each_rule_says_what_happened_and_which_command_to_run() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        told = rule["annotations"]
        assert told["summary"].endswith("."), rule
        words = told["command"].split()
        assert words[:2] == ["python", "run.py"], rule
        assert words[2] in COMMANDS, rule
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_no_two_panels_of_the_dashboard_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not taken & cells, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_example_scrapes_the_port_that_the_page_names() -> None:
    page = (pages.ROOT / metrics_page.PAGE).read_text(encoding="utf-8")
    (target,) = re.findall(r"127\.0\.0\.1:[0-9]+", SCRAPE.read_text(encoding="utf-8"))

    assert f"http://{target}/metrics" in page
    assert f"app.metrics.port={target.partition(':')[2]}" in page
