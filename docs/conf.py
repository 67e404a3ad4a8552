"""Sphinx configuration: `make docs` builds the pages into docs/_build."""

import skhypershap

project = "skhypershap"
author = "The skhypershap developers"
release = skhypershap.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]
autosummary_generate = False
numpydoc_show_class_members = False
html_theme = "alabaster"
