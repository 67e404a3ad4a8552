"""Change one place of a module at a time, and see whether its tests fail.

`make mutants` runs this. A mutant that no test notices survives: it shows a test that is missing, or a
change that makes no difference. The modules, each with the tests that are quick and close to it, are in
`modules.toml`. Nothing is written to the package: a process of its own loads the changed source.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEAVY = "numpy pandas scipy.stats sklearn.ensemble sklearn.model_selection ConfigSpace numba"
HEAVY += " matplotlib.pyplot pytest narwhals joblib tqdm.auto hypothesis optuna"
ENDED_WELL, NO_TESTS = 0, 5  # of pytest
WAITING = 10  # seconds of the clock for one of the processor
SLOWER, AT_LEAST = 4, 20  # times the seconds of the unchanged module; then the mutant hangs


class Changed(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports one module from another source."""

    def __init__(self, path: Path, source: str) -> None:
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        super().__init__(name, str(ROOT / path))
        self.source = source

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec")


class QuickestFirst:
    """A plugin of pytest: the first run writes how long each test takes, later ones sort by that."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.known = json.loads(file.read_text()) if file.exists() else None
        self.seen: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items):
        if self.known is not None:
            items.sort(key=lambda item: self.known.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report):
        self.seen[report.nodeid] = self.seen.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self):
        if self.known is None:
            self.file.write_text(json.dumps(self.seen))


def tested(
    path: Path, source: str, tests: list[str], seconds: float, times: Path
) -> tuple[int, float, str]:
    """Run tests on a changed module; return pytest's status, seconds of the processor and the output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if child == 0:
            _run(path, source, tests, seconds, log.fileno(), times)
        status = _waited(child, WAITING * seconds)
        log.seek(0)
        output = log.read().decode(errors="replace")
    return status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, output


def _waited(child: int, seconds: float) -> int:
    """The status of a child that has ended; one that takes longer is ended with all that it started."""
    deadline = time.monotonic() + seconds
    ended = status = 0
    while not ended:
        time.sleep(0.05)
        ended, status = os.waitpid(child, os.WNOHANG)
        if not ended and time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def _run(
    path: Path, source: str, tests: list[str], seconds: float, output: int, times: Path
) -> None:
    """In the child: never returns."""
    os.setpgrp()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1,) * 2)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.meta_path.insert(0, Changed(path, source))
    status = 1
    try:
        import pytest

        # pytest would like to load hypothesis itself.
        ignored = "ignore::pytest.PytestAssertRewriteWarning"
        options = ["-q", "-x", "-W", ignored, "-p", "no:cacheprovider", "-p", "no:xdist"]
        status = int(pytest.main([*options, *tests], plugins=[QuickestFirst(times)]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def try_module(path: Path, tests: list[str], size: int, seed: int, show: bool) -> tuple[int, int]:
    """Try mutants of one module; return the numbers of those killed and of all."""
    with tempfile.TemporaryDirectory() as folder:
        return _try_module(path, tests, size, seed, show, Path(folder) / "times.json")


def _try_module(
    path: Path, tests: list[str], size: int, seed: int, show: bool, times: Path
) -> tuple[int, int]:
    from operators import sample

    source = (ROOT / path).read_text()
    status, used, output = tested(path, source, tests, 600, times)
    if status != ENDED_WELL:
        raise SystemExit(f"tests of {path} fail before anything is changed:\n{output}")
    mutants = sample(source, size, seed)
    killed = 0
    for mutant in mutants:
        status, _, output = tested(path, mutant.source, tests, AT_LEAST + SLOWER * used, times)
        if status == NO_TESTS:
            raise SystemExit(f"no tests of {path} were run:\n{output}")
        killed += status != ENDED_WELL
        if status == ENDED_WELL:
            print(f"  survives: {path}:{mutant.line} {mutant.name}", flush=True)
            if show:
                print("\n".join(_difference(source, mutant.source)))
    print(f"{path}: {killed} of {len(mutants)} killed ({used:.0f} s each)", flush=True)
    return killed, len(mutants)


def _difference(before: str, after: str) -> Iterable[str]:
    """Changed lines; both without comments, since some mutants have lost them."""
    import ast
    import difflib

    first, second = (ast.unparse(ast.parse(text)).splitlines() for text in (before, after))
    lines = list(difflib.unified_diff(first, second, lineterm="", n=0))[2:]
    return (f"    {line}" for line in lines if not line.startswith("@@"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="parts of paths; by default all in modules.toml")
    parser.add_argument("--size", type=int, default=8, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="show what survivors change")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(HERE), str(ROOT)]
    for name in HEAVY.split():  # once for all children
        with contextlib.suppress(ImportError):  # some are optional
            importlib.import_module(name)
    table = tomllib.loads((HERE / "modules.toml").read_text())
    tests_of = {name: tests for group in table.values() for name, tests in group.items()}
    chosen = [name for part in options.modules or [""] for name in tests_of if part in name]
    killed = total = 0
    for name in dict.fromkeys(chosen):  # in the order in which they were asked for
        found = try_module(Path(name), tests_of[name], options.size, options.seed, options.show)
        killed, total = killed + found[0], total + found[1]
    print(f"{killed} of {total} mutants killed: {killed / max(total, 1):.1%}")


if __name__ == "__main__":
    main()
