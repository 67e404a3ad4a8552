"""The house rules that a program can check: imports run one way, and importing is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skhypershap

PACKAGE = Path(skhypershap.__file__).parent

# From the face down to the ground; a module imports from lower floors, or from its own room.
FLOORS = [
    ["plotting"],
    ["joint"],
    ["explainer"],
    ["explanations", "next_steps"],
    ["bootstrap", "delegation", "shapiq_bridge", "frames", "subsets"],
    ["solve"],
    ["values"],
    ["bias"],
    ["games", "optimizers"],
    ["approximation", "baseline", "optima", "reduction", "verification"],
    ["restriction"],
    ["climbers"],
    ["fitting"],
    ["interactions", "surrogate"],
    ["parallel", "trees", "trials"],
    ["distributions", "players", "sampling"],
    ["space"],
    ["conditions"],
    ["domains", "kernels"],
    ["errors", "_compat"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
KERNELS_KNOW = {
    "__future__",
    "collections",
    "math",
    "typing",
    "numpy",
    "numba",
    "llvmlite",
    "skhypershap",
}


def imported(path):
    """Yield dotted names of modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports of the package in full"
            if node.module == "skhypershap":
                yield from (f"skhypershap.{alias.name}" for alias in node.names)
            else:
                yield node.module


def room_of(module):
    return module.split(".")[1]


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for module in imported(path):
        if not module.startswith("skhypershap."):
            continue
        there = room_of(module)
        message = f"{path.name} imports {module}, which is upstairs"
        assert here == there or FLOOR[there] > FLOOR[here], message
        if here == "plotting":
            assert there == "plotting", "pictures know the frame only"


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").glob("*.py")), ids=lambda p: p.name)
def test_kernels_know_numpy_and_numba_only(path):
    assert {module.split(".")[0] for module in imported(path)} <= KERNELS_KNOW
    inside = [module for module in imported(path) if module.startswith("skhypershap.")]
    assert all(room_of(module) == "kernels" for module in inside)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path.name} has no docstring"


def test_private_names_of_others_live_in_one_file():
    for path in MODULES:
        for module in imported(path):
            parts = module.split(".")
            private = any(part.startswith("_") and part != "__future__" for part in parts[1:])
            if not module.startswith("skhypershap") and private:
                assert path.name == "_compat.py", f"{path.name} imports {module}"


def test_importing_loads_nothing_heavy():
    code = "import sys, skhypershap; print(sorted(m for m in sys.modules if '.' not in m))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(ast.literal_eval(printed))
    assert "sklearn" in loaded
    assert not loaded & {"shapiq", "numba", "seaborn", "matplotlib"}
