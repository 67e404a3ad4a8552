"""Run all benchmarks, print their tables and write them to RESULTS.md: `python -m benchmarks`.

Names of benchmarks as arguments run these alone; `--quick` runs tiny versions; neither is written.
`python -m benchmarks truth --help` shows the options of that one.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import (
    conditions,
    history,
    importances,
    intervals,
    joint,
    kernel,
    line_search,
    many,
    next_dataset,
    ranges,
    reduced,
    resamples,
    startup,
    threads,
    truth,
)

# Times come first, since these need a machine that does nothing else.
ALL = {
    "startup": startup,
    "threads": threads,
    "kernel": kernel,
    "line_search": line_search,
    "conditions": conditions,
    "many": many,
    "importances": importances,
    "resamples": resamples,
    "joint": joint,
    "intervals": intervals,
    "reduced": reduced,
    "ranges": ranges,
    "next_dataset": next_dataset,
    "history": history,
    "truth": truth,
}
PACKAGES = (
    "skhypershap",
    "scikit-learn",
    "numpy",
    "numba",
    "shapiq",
    "hypershap",
    "optuna",
    "shap",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(arguments):
    if arguments[:1] == ["truth"]:  # has options of its own
        truth.main(arguments[1:])
        return
    asked = options().parse_args(arguments)
    if unknown := set(asked.names) - set(ALL):
        options().error(f"no benchmark is called {', '.join(sorted(unknown))}")
    names = asked.names or list(ALL)
    text = head()
    print(text)
    for name in names:
        for table in ALL[name].tables(asked.quick):
            print(table.markdown(), flush=True)
            text += "\n" + table.markdown()
    if not asked.quick and not asked.names:
        RESULTS.write_text(text)


def options():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"{', '.join(ALL)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="tiny versions, to see that they run")
    return parser


def head():
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    return (
        "# Benchmarks\n\nWritten by `make bench`; times depend on the machine, ratios much less.\n\n"
        f"{datetime.date.today()}, Python {platform.python_version()}, {processor()}, "
        f"{os.cpu_count()} processors, {platform.system()}. {', '.join(versions)}.\n"
    )


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main(sys.argv[1:])
