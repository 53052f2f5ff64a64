"""The units as they are installed: systemd understands every line, and finds little that is left open."""

import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from gateway.config_file import load_config
from gateway.receiver_config import load_receiver_config
from gateway.zygotes import ENVIRONMENT, command

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = {  # and how much each may leave open
    "sekisho-gateway.service": 1.2,
    "sekisho-receiver.service": 1.2,
    "sekisho-worker@.service": 0.5,
    "sekisho-verifier@.service": 0.5,
}
EXPOSURE = re.compile(r"Overall exposure level for \S+: (\d+\.\d)")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """What `make install-systemd` puts on a machine where Sekisho stands in a folder of its own."""
    for program in (tmp_path / "code/.venv/bin/sekisho", tmp_path / "code/.venv/bin/python"):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    install(tmp_path)
    return tmp_path / "machine"


@pytest.fixture
def analyze() -> str:
    """The path of systemd-analyze. Without it, or with one that judges running units alone, nothing is tested."""
    program = shutil.which("systemd-analyze")
    if program is None or "--offline" not in subprocess.run([program, "--help"], capture_output=True, text=True).stdout:
        warnings.warn("systemd-analyze 250 or newer is not installed: THE UNITS ARE NOT CHECKED", stacklevel=1)
        pytest.skip("needs systemd-analyze 250 or newer (Debian: systemd)")
    return program


def install(folder: Path) -> None:
    arguments = [f"DESTDIR={folder / 'machine'}", f"CODE={folder / 'code'}"]
    subprocess.run(["make", "-C", str(ROOT), "install-systemd", *arguments], check=True, capture_output=True)


def units(machine: Path) -> Path:
    return machine / "usr/lib/systemd/system"


def told(*command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def faults(analyze: str, *paths: Path) -> list[str]:
    """What systemd has to say about these units; what it says of others on this machine is not ours."""
    outcome = told(analyze, "verify", "--man=no", *paths)
    return [line for line in (outcome.stdout + outcome.stderr).splitlines() if "sekisho" in line]


def exposure(analyze: str, path: Path) -> float:
    outcome = told(analyze, "security", "--offline=true", "--no-pager", path)
    figure = EXPOSURE.search(outcome.stdout)
    assert figure is not None, outcome.stdout + outcome.stderr
    return float(figure[1])


@pytest.mark.server
def test_systemd_understands_every_line(analyze, installed):
    assert faults(analyze, *sorted(units(installed).iterdir())) == []


@pytest.mark.server
@pytest.mark.parametrize("line", ["NoSuchLock=yes", "SystemCallFilter=@no-such-set", "ProtectSystem=perhaps"])
def test_systemd_would_tell_a_line_it_does_not_understand(analyze, installed, line):
    """A lock with a slip of the pen is passed over when the unit starts: it has to be told here."""
    unit = units(installed) / next(iter(SERVICES))
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes", f"NoNewPrivileges=yes\n{line}"))

    assert faults(analyze, unit) != []


@pytest.mark.server
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_leaves_little_open(analyze, installed, name):
    assert exposure(analyze, units(installed) / name) <= SERVICES[name]


@pytest.mark.server
@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("lock", ["SystemCallFilter", "CapabilityBoundingSet", "PrivateUsers", "PrivateDevices"])
def test_a_lock_that_is_left_out_shows(analyze, installed, name, lock):
    unit = units(installed) / name
    before = exposure(analyze, unit)
    kept = [line for line in unit.read_text().splitlines() if not line.startswith(f"{lock}=")]
    unit.write_text("\n".join(kept))

    assert exposure(analyze, unit) > before


def test_nothing_is_installed_but_files_and_configuration_is_for_the_service_alone(installed):
    found = {str(path.relative_to(installed)): path.stat().st_mode & 0o777 for path in installed.rglob("*.*[a-z]")}
    files = {name: mode for name, mode in found.items() if (installed / name).is_file()}

    assert files == {
        "etc/sekisho/gateway.toml": 0o640,
        "etc/sekisho/receiver.toml": 0o640,
        "usr/lib/systemd/system/sekisho-gateway.service": 0o644,
        "usr/lib/systemd/system/sekisho-receiver.service": 0o644,
        "usr/lib/systemd/system/sekisho-verifier.socket": 0o644,
        "usr/lib/systemd/system/sekisho-verifier@.service": 0o644,
        "usr/lib/systemd/system/sekisho-worker.socket": 0o644,
        "usr/lib/systemd/system/sekisho-worker@.service": 0o644,
        "usr/lib/systemd/system/sekisho.slice": 0o644,
        "usr/lib/sysusers.d/sekisho.conf": 0o644,
        "usr/lib/tmpfiles.d/sekisho.conf": 0o644,
    }


def test_what_was_configured_is_kept(installed):
    configured = installed / "etc/sekisho/gateway.toml"
    configured.write_text("# mine\n")
    install(installed.parent)

    assert configured.read_text() == "# mine\n"


def test_the_gateway_writes_into_its_state_folder_alone(installed):
    """Everything else is read-only under its unit: a path beside it would be found at the first start only."""
    config, state = load_config(installed / "etc/sekisho/gateway.toml"), Path("/var/lib/sekisho-gateway")

    for path in (config.spool.folder, config.audit.folder, config.audit.key, config.audit.name_key):
        assert path.is_relative_to(state)


def test_the_receiver_writes_into_its_state_folder_alone(installed):
    example = installed / "etc/sekisho/receiver.toml"
    example.write_text(example.read_text().replace("/etc/sekisho/", ""))
    for name in ("consumer.key", "signing.pub"):
        example.with_name(name).touch()
    config, state = load_receiver_config(example), Path("/var/lib/sekisho-receiver")

    assert config.store.is_relative_to(state)
    assert config.audit.is_relative_to(state)


@pytest.mark.parametrize("role", ["sanitize", "judge"])
def test_a_unit_of_its_own_runs_as_our_child_does(installed, role):
    """The same program with the same environment, for as many files as the example configuration has slots."""
    name = {"sanitize": "sekisho-worker", "judge": "sekisho-verifier"}[role]
    unit = (units(installed) / f"{name}@.service").read_text()
    said = dict(
        item.split("=", 1) for line in re.findall(r"^Environment=(.+)$", unit, re.MULTILINE) for item in line.split()
    )
    slots = load_config(installed / "etc/sekisho/gateway.toml").workers.slots
    assert said == {**ENVIRONMENT, "SEATS": str(slots)}
    (started,) = re.findall(r"^ExecStart=\S+ (.+)$", unit, re.MULTILINE)
    assert ["python", *started.replace("${SEATS}", str(slots)).split()] == ["python", *command(role, 3, slots)[1:]]
    listening = (units(installed) / f"{name}.socket").read_text()
    assert f"ListenSequentialPacket=/run/sekisho/{role}.sock" in listening.splitlines()


def test_the_memory_of_a_unit_holds_what_its_slots_may_take(installed):
    config = load_config(installed / "etc/sekisho/gateway.toml")
    most = max(policy.limits.max_memory_bytes for policy in config.policies.values())
    unit = (units(installed) / next(iter(SERVICES))).read_text()
    memory_gib = re.search(r"^MemoryMax=(\d+)G$", unit, re.MULTILINE)

    assert memory_gib is not None
    assert config.workers.slots * most < int(memory_gib[1]) << 30
