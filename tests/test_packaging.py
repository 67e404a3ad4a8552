"""The files that a release needs agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import skhypershap

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/skhypershap/skhypershap/"
RAW = "https://raw.githubusercontent.com/skhypershap/skhypershap/main/"
OTHER_NAMES = {"matplotlib": "matplotlib-base"}  # on conda-forge


def text_of(name):
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"{name} is not part of what is tested here")
    return path.read_text()


def test_recipe_requires_what_the_package_requires():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = []
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
        wanted.append(f"{OTHER_NAMES.get(name, name.lower())} {bound}")
    run = text_of("recipe/recipe.yaml").partition("  run:\n")[2].partition("tests:")[0]
    found = re.findall(r"^    - (.*)$", run, re.M)
    assert found == ["python >=${{ python_min }}", *wanted]


def test_versions_agree():
    assert f'version: "{skhypershap.__version__}"' in text_of("recipe/recipe.yaml")
    assert f"version: {skhypershap.__version__}\n" in text_of("CITATION.cff")
    assert f"## {skhypershap.__version__} " in text_of("CHANGELOG.md")


def test_readme_links_to_files_that_exist():
    readme = text_of("README.md")
    targets = re.findall(
        rf"(?:{re.escape(HOME)}(?:blob|tree)/main/|{re.escape(RAW)})([^)#\s]+)", readme
    )
    assert len(targets) > 20
    for target in targets:
        assert (ROOT / target).exists(), f"README.md links to {target}"


def test_readme_works_outside_of_the_repository():
    links = re.findall(r"\]\(([^)]+)\)", text_of("README.md"))
    assert all(link.startswith("https://") for link in links)


def test_readme_fits_a_minute():
    assert len(text_of("README.md").splitlines()) < 200
