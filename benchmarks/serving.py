"""A gateway as a process of its own, to send files to, and the CPU time that it and all its workers take."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_CONFIG = """
[listen]
port = {port}
[spool]
url = "sqlite:spool"
reserve_bytes = 1
[audit]
folder = "audit"
key = "signing.pem"
name_key = "names.key"
[workers]
slots = {slots}
[[rules]]
policy = "default"
"""
_TENANT = """
[[tenants]]
name = "{name}"
key_sha256 = ["{digest}"]
"""
_PATIENCE_S = 30.0


@contextmanager
def gateway(tenants: Sequence[str], slots: int) -> Iterator[tuple[int, str]]:
    """A gateway on loopback that is ready: its process and its address. A tenant's key is its name."""
    port = _free_port()
    config = _CONFIG.format(port=port, slots=slots)
    for name in tenants:
        config += _TENANT.format(name=name, digest=hashlib.sha256(name.encode()).hexdigest())
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "gateway.toml"
        place.write_text(config, encoding="utf-8")
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(place)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _until_ready(f"http://127.0.0.1:{port}")
            yield process.pid, f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _until_ready(address: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the gateway does not get ready")


def cpu_seconds_of_tree(pid: int) -> float:
    """CPU time of a process, its living descendants and all whom they have buried."""
    total = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0]) / 1e9
        total += sum(cpu_seconds_of_tree(int(child)) for child in (task / "children").read_text().split())
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return total + (int(ticks[13]) + int(ticks[14])) / os.sysconf("SC_CLK_TCK")
