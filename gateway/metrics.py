"""Figures for Prometheus. Labels are enums and format names, never names of files, rooms or people."""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from gateway.transfer import State
from sanitizers.model import Finding, Report

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody reads
_SECONDS: Final = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300)


class Metrics:
    """The gateway's figures, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._files = Counter(
            "sekisho_files", "Files decided", ["verdict", "reason", "media_type"], registry=self.registry
        )
        self._findings = Counter(
            "sekisho_findings", "Findings, members included", ["vector", "action"], registry=self.registry
        )
        self._refusals = Counter("sekisho_refusals", "Requests that were not served", ["code"], registry=self.registry)
        self._received_bytes = Counter("sekisho_received_bytes", "Bytes taken in", registry=self.registry)
        self._series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._work = Histogram(
            "sekisho_work_seconds", "From lease to decision", ["verdict"], buckets=_SECONDS, registry=self.registry
        )
        self._cpu = Counter("sekisho_worker_cpu_seconds", "CPU time of the confined processes", registry=self.registry)
        self._settlements = Counter(
            "sekisho_settlements", "Answers of receivers", ["consumer", "answer"], registry=self.registry
        )
        self._retries = Counter("sekisho_retries", "Files tried again", ["reason"], registry=self.registry)
        self._announcements = Counter("sekisho_webhooks", "Webhooks sent", ["answer"], registry=self.registry)
        self._transfers = Gauge("sekisho_transfers", "Transfers under way", ["state"], registry=self.registry)
        self._free_bytes = Gauge("sekisho_spool_free_bytes", "Room for uploads", registry=self.registry)
        self._tier = Gauge("sekisho_confinement_tier", "1 is the strongest", registry=self.registry)

    def decided(self, report: Report, work_s: float, cpu_ms: float) -> None:
        """One file has its verdict."""
        files, work = self._of(report.verdict, report.reason or "", report.media_type)
        files.inc()
        work.observe(work_s)
        self._cpu.inc(cpu_ms / 1000)
        stack = [report]
        while stack:
            told = stack.pop()
            stack.extend(told.members)
            for finding in told.findings:
                self._count(finding)

    def received(self, size: int) -> None:
        """A body came in whole."""
        self._received_bytes.inc(size)

    def refused(self, code: str) -> None:
        """A request was answered with this problem."""
        self._refusals.labels(code).inc()

    def settled(self, consumer: str, answer: str) -> None:
        """A receiver said ack, nack with its reason, or extend."""
        self._settlements.labels(consumer, answer).inc()

    def announced(self, answer: str) -> None:
        """A webhook was heard, will be told again, or is given up."""
        self._announcements.labels(answer).inc()

    def retried(self, reason: str) -> None:
        """A file goes back into the line."""
        self._retries.labels(reason).inc()

    def exposition(self, counts: dict[State, int], free_bytes: int, tier: int) -> bytes:
        """The text that Prometheus reads."""
        for state, count in counts.items():
            self._transfers.labels(state).set(count)
        self._free_bytes.set(free_bytes)
        self._tier.set(tier)
        return generate_latest(self.registry)

    def _of(self, verdict: str, reason: str, media_type: str) -> tuple[Counter, Histogram]:
        """The two series of a verdict, which the library would look up under a lock each time."""
        known = verdict, reason, media_type
        if known not in self._series:
            self._series[known] = self._files.labels(*known), self._work.labels(verdict)
        return self._series[known]

    def _count(self, finding: Finding) -> None:
        self._findings.labels(finding.vector, finding.action.done).inc(finding.count)
