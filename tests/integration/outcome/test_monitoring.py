"""The alerts and the dashboard ask for what there is; Prometheus' own tool checks them where it is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from snake_pipe.observe.metrics import live
from snake_pipe.outcome.metrics import names
from snake_pipe.outcome.metrics.textfile import metrics_text
from snake_pipe.outcome.summary import RunSummary
from snake_pipe.storage.local import LocalStorage
from testkit.places import PROJECT

MONITORING = PROJECT / "docs" / "monitoring"
WRITTEN = {metric.name: metric for metric in (*names.METRICS, *live.METRICS)}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Prometheus' promtool")


def expressions():
    """What the dashboard's panels ask."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


@pytest.mark.parametrize("name", ["alerts.yml", "alerts_test.yml", "grafana-dashboard.json"])
def test_only_metrics_that_are_written_are_asked_for(name):
    asked = set(re.findall(r"snake_pipe_\w+", (MONITORING / name).read_text()))
    assert len(asked) > 5
    assert asked - set(WRITTEN) == set()


def test_labels_that_are_asked_for_are_there():
    for expression in expressions():
        known = {
            label for name in re.findall(r"snake_pipe_\w+", expression) for label in WRITTEN[name].labels
        }
        asked = set(re.findall(r"(\w+)=~?\"", expression))
        for grouped in re.findall(r"by \(([^)]*)\)", expression):
            asked |= set(grouped.split(", "))
        assert asked <= known, expression


def test_no_two_metrics_have_one_name():
    assert len(WRITTEN) == len(names.METRICS) + len(live.METRICS)


@needs_promtool
def test_alerts_come_when_they_should():
    for arguments in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run(
            ["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_the_questions_of_the_dashboard_can_be_asked(tmp_path):
    asked = [expression.replace("$__rate_interval", "5m") for expression in expressions()]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_what_is_written_keeps_to_the_conventions(tmp_path):
    summary = RunSummary("", str(tmp_path), "done", exit_code=0, ended_at=1_790_000_000.0)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics_text(summary, LocalStorage(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
