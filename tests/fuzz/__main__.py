"""The command line: each target in a process of its own, two at a time, guided by coverage (atheris)."""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SLOWEST_S = 25  # one input; beyond it counts as a hang
_MEMORY_MB = 3072


def main() -> int:
    """Fuzz, tell, and exit 1 when something was found. What was found is kept where the message says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--finds", type=Path, default=ROOT / "tests/corpus/found", help="where finds are kept")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the mutations; 0: another each time")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        _fuzz(given.one, given.seconds, given.seed, given.finds)
    from tests.fuzz.targets import TARGETS

    names = given.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    with ThreadPoolExecutor(given.jobs) as pool:
        return max(pool.map(lambda name: _apart(name, given.seconds, given.seed, given.finds), names))


def _apart(name: str, seconds: int, seed: int, finds: Path) -> int:
    given = ("--one", name, "--seconds", str(seconds), "--seed", str(seed), "--finds", str(finds))
    command = [sys.executable, "-m", "tests.fuzz", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    told = (done.stdout + done.stderr).splitlines()
    last = next((line for line in reversed(told) if "exec/s" in line or line.startswith("Done")), "no run")
    print(f"{name:<10} {'ok   ' if done.returncode == 0 else 'FOUND'} {last}", flush=True)
    if done.returncode:
        print("\n".join(f"    {line}" for line in told[-40:]), flush=True)
    return int(done.returncode != 0)


def _fuzz(name: str, seconds: int, seed: int, finds: Path) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["sanitizers", "policies"]):
        from tests.fuzz.targets import TARGETS
    from sanitizers.worker import warmup
    from tests.fuzz.mutators import Mutator

    warmup.sanitizing().warm()
    target, place = TARGETS[name], finds / name
    place.mkdir(parents=True, exist_ok=True)
    mutator, files = Mutator(lambda piece, most: atheris.Mutate(piece, most)), list(target.seeds())
    mutator.learn(files)
    with tempfile.TemporaryDirectory() as seeds:
        for data in files:
            Path(seeds, hashlib.sha256(data).hexdigest()).write_bytes(data)
        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-timeout={_SLOWEST_S}",
            f"-rss_limit_mb={_MEMORY_MB}",
        ]
        options += ["-max_len=131072", f"-artifact_prefix={place}/", seeds]
        atheris.Setup([sys.argv[0], *options], target.act, custom_mutator=mutator)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
