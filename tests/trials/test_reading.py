"""Finding readers, and reading a source in one pass."""

from __future__ import annotations

import re
import sys
import types
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer, read_trials, register_reader
from skhypershap.space.domains import Choices
from skhypershap.trials import Checked, Records, reading, search_space, space_given, trials

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


class Log:
    def __init__(self, entries):
        self.entries = entries


class SpecialLog(Log):
    pass


@pytest.fixture
def readers(monkeypatch):
    """A registry that is as before after the test."""
    monkeypatch.setattr(reading, "READERS", dict(reading.READERS))
    return reading.READERS


@pytest.fixture
def documented(readers, monkeypatch):
    """The reader of the docs, registered as the docs show it."""
    *_, module, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    reader = types.ModuleType("my_reader")
    exec(module, vars(reader))
    monkeypatch.setitem(sys.modules, "my_reader", reader)
    exec(line.replace("my_package.Log", f"{__name__}.Log"), {})


@pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")
@pytest.mark.parametrize("kind", [Log, SpecialLog])
def test_documented_reader_reads_class_and_subclass(documented, kind):
    rng = np.random.default_rng(0)
    entries = [
        {"parameters": {"x": x, "y": y}, "loss": (x - 0.3) ** 2 + y / epochs, "epochs": epochs}
        for x, y, epochs in zip(rng.random(60), rng.random(60), [1, 2, 4] * 20, strict=True)
    ]
    explainer = HyperSHAPExplainer(kind(entries), random_state=0).fit()
    assert explainer.trials_["fidelity"].tolist() == [1, 2, 4] * 20
    assert explainer.explain().attrs["direction"] == "minimize"
    given = HyperSHAPExplainer(kind(entries), space={"x": [0, 1], "y": [0, 1]}, random_state=0)
    with pytest.raises(ValueError, match="60 of 60 values of 'x' are outside the space"):
        given.fit()
    with pytest.raises(ValueError, match=r"Unknown hyperparameter in 60 of 60 .*: 'y'"):
        given.set_params(space={"x": [0, 1]}).fit()


class LossReader:
    """Reads the losses of a log of {x: loss}."""

    @staticmethod
    def check(source, *, space=None, metric=None):
        return Checked("loss", space_given({"x": list(source.entries)}))

    @staticmethod
    def read(source, checked, *, direction=None):
        configs = [{"x": x} for x in source.entries]
        return Records(checked.space, configs, list(source.entries.values()), "loss", "minimize")


def test_reader_object_is_taken_in_place_of_a_module_name(readers):
    register_reader(f"{__name__}.Log", LossReader)
    read = read_trials(SpecialLog({1: 3.0, 2: 1.0}))
    assert (read.scores.tolist(), read.incumbent) == ([3.0, 1.0], 1)


def test_registering_again_replaces_the_reader(readers):
    register_reader(f"{__name__}.Log", "no_such_module")
    register_reader(f"{__name__}.Log", LossReader)
    assert read_trials(Log({1: 3.0, 2: 1.0})).metric == "loss"


def test_reader_of_a_subclass_comes_before_that_of_its_base(readers):
    register_reader(f"{__name__}.Log", "no_such_module")
    register_reader(f"{__name__}.SpecialLog", LossReader)
    assert read_trials(SpecialLog({1: 3.0, 2: 1.0})).metric == "loss"


@pytest.mark.parametrize(
    ("class_name", "module", "error", "message"),
    [
        (Log, "my_reader", TypeError, r"class_name must be .*string, such as 'my_package.*Log'"),
        ("Log", "my_reader", ValueError, "with its module, such as .*; got 'Log'"),
        ("my package.Log", "my_reader", ValueError, "class_name must be .*got 'my package.Log'"),
        ("my_package.Log", "", ValueError, "module must be the full name.*got ''"),
        ("my_package.Log", ".my_reader", ValueError, "module must be .*got '.my_reader'"),
        (
            "my_package.Log",
            None,
            TypeError,
            "functions check and read.*None has no check and no read",
        ),
        ("my_package.Log", types.SimpleNamespace(check=len), TypeError, "has no read"),
    ],
)
def test_bad_arguments_of_register_reader_are_named(readers, class_name, module, error, message):
    before = dict(readers)
    with pytest.raises(error, match=message):
        register_reader(class_name, module)
    assert readers == before


def test_module_name_is_imported_and_checked_when_a_source_is_read(readers):
    register_reader(f"{__name__}.Log", "my_reader.py")
    with pytest.raises(ImportError, match=r"reader of .*Log cannot be imported: No module .*my_r"):
        read_trials(Log([]))
    register_reader(f"{__name__}.Log", "math")
    with pytest.raises(TypeError, match=r"reader of .*Log must be a module.*no check and no read"):
        read_trials(Log([]))


def test_unknown_source_names_register_reader():
    with pytest.raises(TypeError, match=r"Cannot read trials from Log.*register_reader"):
        read_trials(Log([]))
    with pytest.raises(TypeError, match="Cannot read trials from ABCMeta"):
        HyperSHAPExplainer(GridSearchCV).fit(*load_iris(return_X_y=True))


@pytest.mark.filterwarnings(
    "ignore::skhypershap.SurrogateWarning", "ignore::skhypershap.BaselineWarning"
)
@pytest.mark.parametrize("has_run", [True, False])
def test_fit_builds_the_space_and_finds_the_defaults_once(monkeypatch, has_run):
    calls = Counter()

    def count(owner, name):
        function = getattr(owner, name)

        def counted(*args, **kwargs):
            calls[name] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    search = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1, 1], "kernel": ["rbf", "linear"]})
    data = load_iris(return_X_y=True)
    if has_run:
        search.fit(*data)
    for owner, name in (
        (sys.modules["skhypershap.trials.searches"], "space_of_dicts"),
        (trials, "defaults_of"),
        (search_space.EstimatorDefaults, "of_all"),
        (Choices, "__post_init__"),
    ):
        count(owner, name)
    HyperSHAPExplainer(search, random_state=0).fit(*(() if has_run else data))
    assert calls == {"space_of_dicts": 1, "defaults_of": 1, "of_all": 1, "__post_init__": 3}
