"""The rules of the layout that import-linter does not check; importing is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skhypershap

PACKAGE = Path(skhypershap.__file__).parent


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


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_has_docstring(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path.name} has no docstring"


def test_private_names_of_others_are_in_compat():
    for path in MODULES:
        for module in imported(path):
            parts = module.split(".")
            private = any(part.startswith("_") and part != "__future__" for part in parts[1:])
            if not module.startswith("skhypershap") and private:
                assert path.name == "_compat.py", f"{path.name} imports {module}"


LIGHT = "import sys, skhypershap; print(sorted(m for m in sys.modules if '.' not in m))"
WITH_EXPLAINER = LIGHT.replace("print", "skhypershap.HyperSHAPExplainer; print")
HEAVY = {"shapiq", "numba", "seaborn", "matplotlib"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [(LIGHT, {*HEAVY, "ConfigSpace", "narwhals", "pandas"}), (WITH_EXPLAINER, HEAVY)],
)
def test_import_is_light(code, heavy):
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(ast.literal_eval(printed))
    assert "skhypershap" in loaded
    assert not loaded & heavy


def test_names_are_there_before_they_are_used():
    code = """
import skhypershap
assert set(skhypershap.__all__) <= set(dir(skhypershap))
for name in skhypershap.__all__:
    assert getattr(skhypershap, name) is getattr(skhypershap, name)
assert not hasattr(skhypershap, "no_such_name")
from skhypershap import *
"""
    subprocess.run([sys.executable, "-c", code], check=True)
