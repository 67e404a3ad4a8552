"""Sphinx configuration: `make docs` builds the pages into docs/_build."""

import sys
from pathlib import Path

import skhypershap

sys.path.insert(0, str(Path(__file__).parent))

project = "skhypershap"
author = "The skhypershap developers"
release = skhypershap.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]  # _pictures has no pages of its own
autosummary_generate = False
numpydoc_show_class_members = False
html_theme = "alabaster"


def setup(app):
    """Draw the pictures before pages are read."""
    from make_pictures import draw_pictures

    draw_pictures(Path(app.srcdir) / "_pictures")
