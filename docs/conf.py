"""Sphinx configuration: `make docs` builds the pages into docs/_build and runs the examples."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

DOCS = Path(__file__).parent
# Workers of joblib start a Python of their own, which has to find the package.
os.environ["PYTHONPATH"] = str(DOCS.parent)
os.environ["TQDM_DISABLE"] = "1"  # a page would show each step of a progress bar as a line
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

import skhypershap  # noqa: E402

project = "skhypershap"
author = "The skhypershap developers"
copyright = "2026, the skhypershap developers"
release = skhypershap.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_examples", "_pictures", "gallery/*.py.md5"]
autodoc_mock_imports = ["ray", "smac"]  # bases of two public classes, which pages need not install
autosummary_generate = False
numpydoc_show_class_members = False
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"skhypershap {release}"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True


def reachable(inventories: dict[str, str]) -> dict[str, tuple[str, None]]:
    """The projects whose inventory answers; without a network there are no links to them."""
    found = {}
    for name, address in inventories.items():
        try:
            with urlopen(f"{address}objects.inv", timeout=5):
                found[name] = (address, None)
        except (URLError, TimeoutError):
            print(f"no links to {name}: {address} cannot be reached")
    return found


intersphinx_mapping = reachable(
    {
        "python": "https://docs.python.org/3/",
        "sklearn": "https://scikit-learn.org/stable/",
        "pandas": "https://pandas.pydata.org/docs/",
        "matplotlib": "https://matplotlib.org/stable/",
        "shapiq": "https://shapiq.readthedocs.io/en/latest/",
        "ConfigSpace": "https://automl.github.io/ConfigSpace/latest/",
    }
)


# Examples write their pictures and reports beside themselves, so a copy of them runs.
shutil.rmtree(DOCS / "_examples", ignore_errors=True)
shutil.copytree(
    DOCS.parent / "examples", DOCS / "_examples", ignore=shutil.ignore_patterns("__pycache__")
)
sphinx_gallery_conf = {
    "examples_dirs": "_examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "reset_modules": ("matplotlib", "seaborn"),
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "copyfile_regex": r".*\.rst",
}


def setup(app):
    """Draw the pictures before pages are read."""
    from make_drawings import draw
    from make_pictures import draw_first_steps, draw_pictures, explained

    explainer = explained()
    draw_pictures(DOCS / "_pictures", explainer)
    draw(DOCS / "_pictures", explainer)
    draw_first_steps(DOCS / "_pictures")
