"""`python -m benchmarks [--short] [--out DIR]`: every benchmark, one table each, JSON beside it where asked."""

import argparse
import importlib
import json
from pathlib import Path

from benchmarks.bench import as_values, table

ALL = (
    *("bench_pipeline", "bench_ooxml", "bench_xlsx", "bench_pdf", "bench_worker", "bench_confinement"),
    *("bench_relay", "bench_path", "bench_burst"),
)


def main() -> None:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="two rounds: do they run, and is anything far off?")
    parser.add_argument("--only", action="append", choices=ALL)
    parser.add_argument("--out", type=Path, metavar="DIR")
    options = parser.parse_args()
    for name in options.only or ALL:
        module = importlib.import_module(f"benchmarks.{name}")
        figures = module.take(2 if options.short else 9)
        print(table((module.__doc__ or name).splitlines()[0][:52], figures), end="\n\n", flush=True)
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            values = json.dumps(as_values(figures), indent=1)
            (options.out / f"{name}.json").write_text(values + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
