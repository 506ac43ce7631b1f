"""What lies in deploy/ for Prometheus and Grafana: names and labels that the service exports, and rules that fire."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from serving import BLOCK, HIJACKED, PORTAL, ROOT, Server, free_port, httpx

yaml = pytest.importorskip("yaml", reason="needs PyYAML, which moderation[dev] brings")

from moderation.service.metrics import Metrics  # noqa: E402  # only where it is installed

FOLDER = ROOT / "deploy" / "prometheus"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "moderation.json").read_text("utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
PAGE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
# Of Prometheus itself: its words, and what it adds to everything.
WORDS = set(
    "sum count rate increase histogram_quantile absent vector by without on ignoring unless and or offset".split()
)
TARGET = {"job", "instance"}


def board_expressions() -> Iterator[str]:
    for panel in PANELS:
        for target in panel["targets"]:
            # What Grafana puts there.
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", "moderation").replace("$site", ".*")


EXPRESSIONS = [*(rule["expr"] for rule in ALERTS), *board_expressions()]


def named(expression: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The metrics of an expression, and the labels that are asked of each; those of ``by`` under an empty name."""
    labels: set[tuple[str, str]] = set()
    plain = expression
    for metric, inside in re.findall(r"(\w+)\{([^}]*)\}", expression):
        labels |= {(metric, label) for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', inside))}
    for inside in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", plain):
        labels |= {("", label.strip()) for label in inside.split(",")}
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"|\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", plain)
    plain = re.sub(r"\boffset\s+\w+", " ", plain)
    return set(re.findall(r"[A-Za-z_:][\w:]*", plain)) - WORDS, labels


@pytest.fixture(scope="module")
def exported(server: Server) -> dict[str, set[str]]:
    """Each series of the real service's metrics, and its labels."""
    assert server.post("/v1/check", {"html": HIJACKED}).status_code == 200
    assert server.post("/v1/feedback?spam=true", {"text": BLOCK}).status_code == 200
    text = server.get("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    labels = {each._name: set(each._labelnames) for each in vars(Metrics()).values() if hasattr(each, "_labelnames")}
    found = {
        name + end: labels[name] | ({"le"} if end == "_bucket" else set())
        for name, kind in kinds.items()
        for end in ends[kind]
    }
    # What was asked for just now is there as it is meant.
    for name in ("moderation_requests_total", "moderation_request_seconds_bucket", "moderation_feedback_total"):
        (line, *_) = re.findall(rf"^{name}\{{(.*)\}}", text, re.MULTILINE)
        assert set(re.findall(r"(\w+)=", line)) == found[name]
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_is_exported(exported: dict[str, set[str]], expression: str) -> None:
    metrics, labels = named(expression)
    assert metrics
    assert metrics - exported.keys() - {"up"} == set()
    known = set().union(*(exported.get(metric, set()) for metric in metrics)) | TARGET
    assert [
        each for each in labels if each[1] not in (exported.get(each[0], set()) | TARGET if each[0] else known)
    ] == []


def test_every_metric_of_the_service_is_watched(exported: dict[str, set[str]]) -> None:
    used = set().union(*(named(expression)[0] for expression in EXPRESSIONS))
    # Of a histogram, a part stands for all of it.
    assert exported.keys() - used <= {"moderation_request_seconds_count", "moderation_request_seconds_sum"}


@pytest.mark.parametrize(
    ("expression", "metrics", "labels"),
    [
        ("sum by (a) (rate(x_total{b=~\"c|d\"}[5m])) > 1", {"x_total"}, {("", "a"), ("x_total", "b")}),
        ("x unless x offset 15m or vector(0)", {"x"}, set()),
        ("histogram_quantile(0.99, sum by (le) (rate(y_bucket[$__rate_interval])))", {"y_bucket"}, {("", "le")}),
    ],
)  # fmt: skip
def test_expressions_are_read_as_they_are_meant(
    expression: str, metrics: set[str], labels: set[tuple[str, str]]
) -> None:
    assert named(expression) == (metrics, labels)


def test_alerts_say_what_they_mean() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "description"}
        # A label in a sentence is one that the expression leaves.
        used = set(re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())))
        left = {label for metric, label in named(rule["expr"])[1] if not metric} | (
            TARGET if "up{" in rule["expr"] else set()
        )
        assert used <= left, rule["alert"]


def test_every_alert_is_explained() -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert list(sections) == [rule["alert"] for rule in ALERTS]
    assert [name for name, text in sections.items() if "**Means:**" not in text or "**Do:**" not in text] == []


def test_board_is_one() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    # It runs on whatever Prometheus it is given, and names nobody's.
    uses = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert uses == {"${datasource}"}
    variables = {each["name"] for each in BOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(PANELS))) <= variables


# ----------------------------------------------------------------------------------------------- by Prometheus itself


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("needs promtool of Debian's prometheus")
    return found


def run(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_rules_and_the_configuration(promtool: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "moderation.key").write_text(PORTAL)
    run(promtool, "check", "rules", tmp_path / "alerts.yml")
    run(promtool, "check", "config", tmp_path / "prometheus.yml")


def test_promtool_takes_the_expressions_of_the_board(promtool: str, tmp_path: Path) -> None:
    rules = [{"record": f"board:{number}", "expr": each} for number, each in enumerate(board_expressions())]
    path = tmp_path / "board.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}), "utf-8")
    run(promtool, "check", "rules", path)


HERE = 'job="moderation",instance="a"'
CHECKED = f'moderation_verdicts_total{{{HERE},site="s",action="allow"}}'
FLAGGED = f'moderation_verdicts_total{{{HERE},site="s",action="clean"}}'
REQUESTS = f'moderation_requests_total{{{HERE},route="/v1/check",status="200"}}'
RELOADS = f'moderation_reloads_total{{{HERE},result="done"}}'
SAID = f'moderation_feedback_total{{{HERE},site="s",kind="ham"}}'
# For each alert: series by the minute, when it is looked at, and the labels with which it fires; None: it does not.
STORIES: list[tuple[str, dict[str, str], str, dict[str, str] | None]] = [
    ("ModerationDown", {f"up{{{HERE}}}": "1x5 0x10"}, "10m", {"job": "moderation", "instance": "a"}),
    ("ModerationDown", {f"up{{{HERE}}}": "1x20"}, "10m", None),
    ("ModerationDown", {REQUESTS: "0x20"}, "10m", {"job": "moderation"}),
    # The first fault of all, which no increase shows.
    ("ModerationFault", {REQUESTS.replace("200", "500"): "_x9 1x20"}, "12m", {"instance": "a", "route": "/v1/check"}),
    ("ModerationFault", {REQUESTS.replace("200", "500"): "1x30"}, "25m", None),
    ("ModerationFault", {REQUESTS.replace("200", "500"): "1x15 2x15"}, "20m", {"instance": "a", "route": "/v1/check"}),
    ("ModerationBusy", {REQUESTS: "0+98x30", REQUESTS.replace("200", "503"): "0+2x30"}, "20m", {"instance": "a"}),
    ("ModerationBusy", {REQUESTS: "0+998x30", REQUESTS.replace("200", "503"): "0+2x30"}, "20m", None),
    (
        "ModerationSlow",
        {
            f'moderation_request_seconds_bucket{{{HERE},route="/v1/check",le="{limit}"}}': f"0+{count}x30"
            for limit, count in (("1.0", 90), ("2.5", 100), ("+Inf", 100))
        },
        "25m",
        {"instance": "a"},
    ),
    (
        "ModerationSlow",
        {
            f'moderation_request_seconds_bucket{{{HERE},route="/metrics",le="{limit}"}}': f"0+{count}x30"
            for limit, count in (("1.0", 90), ("2.5", 100), ("+Inf", 100))
        },
        "25m",
        None,
    ),
    ("ModerationQueue", {f"moderation_waiting{{{HERE}}}": "40x10"}, "5m", {"instance": "a"}),
    ("ModerationQueue", {f"moderation_waiting{{{HERE}}}": "40x1 0x9"}, "5m", None),
    (
        "ModerationUnjudged",
        {f'moderation_unjudged_total{{{HERE},site="s",fail="open"}}': "_x5 3x20"},
        "10m",
        {"instance": "a", "site": "s", "fail": "open"},
    ),
    ("ModerationUnjudged", {f'moderation_unjudged_total{{{HERE},site="s",fail="open"}}': "3x40"}, "30m", None),
    ("ModerationReloadFailed", {RELOADS.replace("done", "failed"): "_x5 1x30"}, "20m", {"instance": "a"}),
    ("ModerationReloadFailed", {RELOADS: "_x5 1x30"}, "20m", None),
    (
        "ModerationFeedbackRefused",
        {REQUESTS.replace("check", "feedback").replace("200", "503"): "_x5 1x30"},
        "10m",
        {"instance": "a"},
    ),
    ("ModerationUnknownKeys", {REQUESTS.replace("200", "401"): "0+120x60"}, "30m", {"instance": "a"}),
    ("ModerationUnknownKeys", {REQUESTS.replace("200", "401"): "0+6x60"}, "30m", None),
]  # fmt: skip
# The same of what takes days: series by the quarter of an hour.
LONG_STORIES: list[tuple[str, dict[str, str], str, dict[str, str] | None]] = [
    ("ModerationSiteSilent", {CHECKED: "0+15x67 1000x100"}, "2010m", {"site": "s"}),
    ("ModerationSiteSilent", {CHECKED: "0+15x170"}, "2010m", None),
    ("ModerationFlaggedJump", {CHECKED: "0+150x107", FLAGGED: "0+1.5x100 150+75x7"}, "1560m", {"site": "s"}),
    ("ModerationFlaggedJump", {CHECKED: "0+150x107", FLAGGED: "0+75x107"}, "1560m", None),
    ("ModerationFalseAlarms", {FLAGGED: "0+15x107", SAID: "0+1.5x107"}, "1500m", {"site": "s"}),
    ("ModerationFalseAlarms", {FLAGGED: "0+15x107", SAID.replace("ham", "spam"): "0+1.5x107"}, "1500m", None),
]


def test_every_alert_has_a_story() -> None:
    assert {name for name, _, _, labels in STORIES + LONG_STORIES if labels} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize(("stories", "step"), [(STORIES, "1m"), (LONG_STORIES, "15m")], ids=["minutes", "days"])
def test_alerts_fire_when_they_should(promtool: str, tmp_path: Path, stories: list[Any], step: str) -> None:
    """One file of promtool's tests; without the annotations, whose sentences hold numbers."""
    bare: dict[str, Any] = {"groups": [{**group, "rules": []} for group in RULES["groups"]]}
    for group, given in zip(bare["groups"], RULES["groups"], strict=True):
        for rule in given["rules"]:
            group["rules"].append({key: value for key, value in rule.items() if key != "annotations"})
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(bare), "utf-8")
    severity = {rule["alert"]: rule["labels"]["severity"] for rule in ALERTS}
    tests = []
    for name, series, when, labels in stories:
        expected = [{"exp_labels": {"job": "moderation", "severity": severity[name], **labels}}] if labels else []
        tests.append(
            {
                "interval": step,
                "input_series": [{"series": each, "values": values} for each, values in series.items()],
                "alert_rule_test": [{"eval_time": when, "alertname": name, "exp_alerts": expected}],
            }
        )
    path = tmp_path / "tests.yml"
    path.write_text(
        yaml.safe_dump({"rule_files": ["alerts.yml"], "evaluation_interval": step, "tests": tests}), "utf-8"
    )
    run(promtool, "test", "rules", path)


def test_prometheus_reads_the_service(server: Server, tmp_path: Path) -> None:
    """The real one, with the files of deploy/: it is let in by the key, and takes every rule."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("needs Debian's prometheus")
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "moderation.key").write_text(PORTAL)
    path = tmp_path / "prometheus.yml"
    text = path.read_text("utf-8")
    for theirs, ours in (
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
        ("scrape_interval: 15s", "scrape_interval: 1s"),
    ):
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    path.write_text(f"global:\n  evaluation_interval: 1s\n{text}", "utf-8")
    assert server.post("/v1/check", {"html": HIJACKED}).status_code == 200
    port = free_port()
    command = [program, f"--config.file={path}", f"--storage.tsdb.path={tmp_path}/data"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, start_new_session=True
        )
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            with suppress(httpx.TransportError, KeyError):
                if _asked(port, "query?query=moderation_verdicts_total")["result"] and _healthy(port):
                    break
            time.sleep(0.3)
        (up,) = _asked(port, "query?query=up")["result"]
        assert (up["metric"]["job"], up["value"][1]) == ("moderation", "1")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _asked(port: int, what: str) -> Any:
    return httpx.get(f"http://127.0.0.1:{port}/api/v1/{what}", timeout=10).json()["data"]


def _healthy(port: int) -> bool:
    """Whether every rule was looked at, and none has an error."""
    rules = [rule for group in _asked(port, "rules")["groups"] for rule in group["rules"]]
    assert not [rule for rule in rules if rule["health"] == "err"]
    return len(rules) == len(ALERTS) and all(rule["health"] == "ok" for rule in rules)
