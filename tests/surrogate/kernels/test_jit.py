"""The cache of machine code: never out of date, cleaned up, and not needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import skhypershap
from skhypershap.surrogate.kernels import _jit

PACKAGE = Path(skhypershap.__file__).parent
SCORE = """
import numpy as np
from skhypershap.surrogate.kernels import coalitions
from skhypershap.surrogate.kernels.forest import Table, flatten
from skhypershap.surrogate.kernels.score_layouts import layout_of_all
from skhypershap.surrogate.kernels.tree_walk import plan_walk

nothing = np.zeros(3)
children, threshold, value = np.array([[1, -1, -1], [2, -1, -1]]), nothing + 0.5, np.array([0, 1, 3.0])
stump = Table(*children, nothing.astype(int), threshold, value, np.ones(3, dtype=bool))
forest = flatten([stump], weight=1.0, offset=0.0, dtype=np.float64)
walk = plan_walk(forest, np.array([[0.9]]), np.array([0.1]), np.array([0]))
layout = layout_of_all(walk)
scores = coalitions.score_block(walk, layout, np.array([0]))
hits = sum(coalitions._score_block.stats.cache_hits.values())
print(*scores[0], hits)
"""


def scores_and_hits(folder, **environment):
    """Scores of the empty and the full coalition of a stump (1 and 3), and hits of the cache."""
    run = subprocess.run(
        [sys.executable, "-c", SCORE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": "", **environment},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    empty, full, hits = run.stdout.split()
    return float(empty), float(full), int(hits)


def test_cache_follows_a_change_in_another_kernel_file(tmp_path):
    """`_score_block` is cached, and calls `walk_tree`, which lies in another file."""
    copy = tmp_path / "skhypershap"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    kernels = copy / "surrogate" / "kernels"
    old = kernels / "__pycache__" / "coalitions._score_block-170.py311.nbi"
    old.parent.mkdir()
    old.write_bytes(b"as numba's own cache named its files")
    assert scores_and_hits(tmp_path) == (1.0, 3.0, 0)
    assert scores_and_hits(tmp_path) == (1.0, 3.0, 1)
    (entry,) = kernels.glob("__pycache__/kernels-*")

    source = (kernels / "tree_walk.py").read_text()
    changed = source.replace("].amount = amount", "].amount = -amount")
    assert changed != source
    (kernels / "tree_walk.py").write_text(changed)
    other_processor = entry.with_name("kernels-of-another-processor")
    other_processor.mkdir()
    assert scores_and_hits(tmp_path) == (1.0, -1.0, 0)
    (new,) = set(kernels.glob("__pycache__/kernels-*")) - {other_processor}
    assert new != entry
    assert not old.exists()


def test_kernels_compile_without_a_folder_to_write_to(tmp_path):
    """Where numba looks for a folder there are files, so that it can make none."""
    copy = tmp_path / "skhypershap"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("given", "home", "skhypershap/surrogate/kernels/__pycache__"):
        (tmp_path / name).write_text("not a folder")
    places = {"HOME": "home", "XDG_CACHE_HOME": "home", "NUMBA_CACHE_DIR": "given"}
    environment = {name: str(tmp_path / place) for name, place in places.items()}
    assert scores_and_hits(tmp_path, **environment) == (1.0, 3.0, 0)


def test_processes_that_fill_the_cache_together_get_the_same_numbers(tmp_path):
    arguments = {"env": {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, "text": True}
    command = [sys.executable, "-c", SCORE]
    arguments |= {"cwd": PACKAGE.parent, "stdout": subprocess.PIPE}
    runs = [subprocess.Popen(command, **arguments) for _ in range(3)]
    assert [run.communicate()[0].split()[:2] for run in runs] == [["1.0", "3.0"]] * 3


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """A kernel, compiled by `jit` in a folder of its own, and the folder."""
    module = tmp_path / "module.py"
    module.write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "cache"))
    spec = importlib.util.spec_from_file_location("module_of_double", module)
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "module_of_double", loaded)
    spec.loader.exec_module(loaded)
    return lambda: _jit.jit(loaded.double)


def files_in(tmp_path):
    return sorted((tmp_path / "cache").rglob("*.nbc"))


def test_each_signature_has_a_file(cached, tmp_path):
    kernel = cached()
    assert (kernel(2), kernel(1.5)) == (4, 3.0)
    assert len(files_in(tmp_path)) == 2
    again = cached()
    assert (again(2), again(1.5)) == (4, 3.0)
    assert sum(again.stats.cache_hits.values()) == 2


@pytest.mark.parametrize("content", [b"", b"\x80", b"no pickle at all"])
def test_damaged_file_is_replaced(cached, tmp_path, content):
    assert cached()(2) == 4
    (file,) = files_in(tmp_path)
    file.write_bytes(content)
    kernel = cached()
    assert kernel(2) == 4
    assert sum(kernel.stats.cache_hits.values()) == 0
    assert len(file.read_bytes()) > 1000


def test_file_of_another_signature_is_not_used(cached, tmp_path):
    """As if two signatures had the same hash."""
    kernel = cached()
    kernel(2)
    (whole,) = files_in(tmp_path)
    kernel(1.5)
    (real,) = set(files_in(tmp_path)) - {whole}
    shutil.copy(whole, real)
    assert cached()(1.5) == 3.0


def test_full_disk_does_not_stop_a_kernel(cached, monkeypatch):
    def save(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(_jit.caching.IndexDataCacheFile, "_save_data", save)
    kernel = cached()
    np.testing.assert_array_equal(kernel(np.arange(3)), [0, 2, 4])


def test_locators_of_the_user_switch_the_cache_off(cached, tmp_path, monkeypatch):
    monkeypatch.setattr("numba.config.CACHE_LOCATOR_CLASSES", "InTreeCacheLocator", raising=False)
    assert cached()(2) == 4
    assert not files_in(tmp_path)
