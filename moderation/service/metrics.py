"""What a service counts, for Prometheus and all that reads OpenMetrics."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import generate_latest

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one process; those of all workers where ``PROMETHEUS_MULTIPROC_DIR`` is set."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "moderation_requests", "Requests, by route and status.", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "moderation_request_seconds", "Time to the answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.verdicts = Counter(
            "moderation_verdicts", "Verdicts, by site and action.", ["site", "action"], registry=registry
        )
        self.unjudged = Counter(
            "moderation_unjudged", "Entries that nobody had time to judge, by site and what its policy says of them.",
            ["site", "fail"], registry=registry,
        )  # fmt: skip
        self.findings = Counter(
            "moderation_findings", "Findings, by site and label.", ["site", "label"], registry=registry
        )
        self.feedback = Counter(
            "moderation_feedback", "What people said of verdicts, by site.", ["site", "kind"], registry=registry
        )
        self.waiting = Gauge(
            "moderation_waiting", "Requests that wait for a verdict.", registry=registry, multiprocess_mode="livesum"
        )
        self.reloads = Counter(
            "moderation_reloads", "Times that model, policies or configuration were loaded anew.", ["result"],
            registry=registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """All of it, in OpenMetrics."""
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return bytes(generate_latest(registry))  # type: ignore[no-untyped-call]
        return bytes(generate_latest(self._registry))  # type: ignore[no-untyped-call]
