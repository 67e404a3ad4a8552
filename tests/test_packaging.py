"""The files that a release needs agree with each other."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import skhypershap
from skhypershap._compat import optional

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


def test_recipe_builds_and_starts_what_the_package_does():
    pyproject = tomllib.loads(text_of("pyproject.toml"))
    recipe = text_of("recipe/recipe.yaml")
    for requirement in pyproject["build-system"]["requires"]:
        assert f"    - {requirement.replace('>=', ' >=')}\n" in recipe
    for name, target in pyproject["project"]["scripts"].items():
        assert f"      - {name} = {target}\n" in recipe


def test_versions_agree():
    assert f'version: "{skhypershap.__version__}"' in text_of("recipe/recipe.yaml")
    assert f"version: {skhypershap.__version__}\n" in text_of("CITATION.cff")
    newest = re.search(r"^## .*$", text_of("CHANGELOG.md"), re.M)[0]
    assert newest.startswith(f"## [{skhypershap.__version__}] - ")


def test_changelog_keeps_the_form_of_keep_a_changelog():
    text = text_of("CHANGELOG.md")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", text, re.M)
    assert versions
    assert len(re.findall(r"^## ", text, re.M)) == len(versions)
    for version in versions:
        assert f"[{version}]: {HOME}releases/tag/v{version}\n" in text
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.M)) <= kinds


def test_pythons_agree():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    classifiers = "\n".join(project["classifiers"])
    pythons = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.M)
    assert project["requires-python"] == f">={pythons[0]}"
    assert f'python_min: "{pythons[0]}"' in text_of("recipe/recipe.yaml")
    assert re.search(r"python: (\[.*\])", text_of(".github/workflows/tests.yml"))[1] == json.dumps(
        pythons
    )
    assert " ".join(f"python{python}" for python in reversed(pythons)) in text_of("Makefile")


def test_addresses_and_licence_agree():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    home = project["urls"]["Homepage"]
    assert f"{home}/" == HOME
    assert project["urls"]["Issues"] == f"{home}/issues"
    assert (ROOT / project["urls"]["Changelog"].removeprefix(f"{home}/blob/main/")).exists()
    assert f"repository-code: {home}\n" in text_of("CITATION.cff")
    assert f"homepage: {home}\n" in text_of("recipe/recipe.yaml")
    assert project["description"] in text_of("recipe/recipe.yaml")
    for name in ("CITATION.cff", "recipe/recipe.yaml"):
        assert f"license: {project['license']}\n" in text_of(name)


def test_what_messages_advise_to_install_can_be_installed():
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    advised = set()
    for file in Path(skhypershap.__file__).parent.rglob("*.py"):
        text = file.read_text()
        advised |= set(re.findall(r'optional\("[\w.]+", "(\w+)"\)', text))
        advised |= set(re.findall(r"skhypershap\[(\w+)\]", text))
    assert {"optuna", "mlflow", "notebook", "parquet"} < advised
    assert advised <= set(extras)


@pytest.mark.parametrize("name", ["ray", "smac"])
def test_missing_library_of_an_integration_is_named_with_its_extra(name, monkeypatch):
    for module in list(sys.modules):
        if module == name or module.startswith(f"{name}."):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, f"skhypershap.integrations.{name}", raising=False)
    with pytest.raises(ImportError, match=rf'pip install "skhypershap\[{name}\]"'):
        importlib.import_module(f"skhypershap.integrations.{name}")


def test_library_that_cannot_be_imported_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import a_module_that_does_not_exist")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"cannot be imported \(No module named 'a_module_"):
        optional("broken_library", "optuna")


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
