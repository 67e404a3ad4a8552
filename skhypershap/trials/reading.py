"""Which reader reads which source; a new source is one file beside this one and one line here."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from ConfigSpace import ConfigurationSpace
from sklearn.frozen import FrozenEstimator

from skhypershap._compat import class_names
from skhypershap.errors import check_name
from skhypershap.trials.trials import DIRECTIONS, Trials

# Found by the name of the source's class or of one of its bases, so that the library it comes from
# is never imported for the asking.
READERS = {
    "ConfigSpace.configuration_space.ConfigurationSpace": ".readers.configspace",
    "builtins.str": ".readers.smac",  # a run directory
    "builtins.tuple": ".readers.smac",  # (runhistory, scenario)
    "hyperopt.base.Trials": ".readers.hyperopt_trials",
    "optuna.study.study.Study": ".readers.optuna_study",
    "optuna_integration.sklearn.sklearn.OptunaSearchCV": ".readers.optuna_search",
    "pandas.DataFrame": ".readers.table",
    "pandas.core.frame.DataFrame": ".readers.table",
    "pathlib.Path": ".readers.smac",
    "ray.tune.result_grid.ResultGrid": ".readers.ray_tune",
    "sklearn.base.BaseEstimator": ".readers.search",
    "smac.facade.abstract_facade.AbstractFacade": ".readers.smac",
    "smac.runhistory.runhistory.RunHistory": ".readers.smac",
}


def is_frozen(source: Any) -> bool:
    """Whether a search must stay as it is, whatever data comes."""
    return isinstance(source, FrozenEstimator)


def unwrap(source: Any) -> Any:
    """Look inside a FrozenEstimator."""
    while is_frozen(source):
        source = source.estimator
    return source


def reader_of(source: Any) -> ModuleType:
    """Find the module that reads a source; it has `check` and `read`.

    Raises
    ------
    TypeError
        If no reader knows the source.
    """
    source = unwrap(source)
    readers = [READERS[name] for name in class_names(source) if name in READERS]
    if not readers and hasattr(source, "cv_results_"):
        readers = [".readers.search"]
    if readers:
        return importlib.import_module(readers[0], __package__)
    raise TypeError(
        f"Cannot read trials from {type(source).__name__}. search must be a scikit-learn search or one "
        "shaped like it (with cv_results_), a ConfigSpace.ConfigurationSpace, or a source of trials: "
        "a DataFrame, an Optuna study, a SMAC run, a Ray Tune ResultGrid or hyperopt Trials."
    )


def read_trials(
    source: Any,
    *,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    space: Any = None,
    metric: str | int | None = None,
    direction: str | None = None,
) -> Trials:
    """Read the results that a source holds.

    Parameters
    ----------
    source : object
        A fitted scikit-learn search or one shaped like it, also inside `FrozenEstimator`; a
        `ConfigSpace.ConfigurationSpace` together with `configs` and `scores`; a DataFrame of trials; an
        Optuna study; a SMAC run: its facade, the pair (runhistory, scenario) or its folder; a Ray Tune
        `ResultGrid`; hyperopt `Trials`.
    configs : DataFrame, list of dict or list of Configuration, optional
        The configurations that ran, where the source is a space.
    scores : array-like of shape (n_trials,), optional
        Their scores, where the source is a space.
    fidelity : array-like of shape (n_trials,), optional
        The resource of each trial, where the source is a space and trials had different ones.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, optional
        The space, where the source does not tell it or another one is wanted. For Ray Tune and
        hyperopt also what these were given themselves.
    metric : str or int, optional
        Which column of the results to read, or which objective of several, by name or number; what
        the search optimises by default.
    direction : {"maximize", "minimize"}, optional
        Which scores are better; what the source says by default.

    Returns
    -------
    Trials
        Space, configurations, scores, metric, direction and the source's own default.

    Raises
    ------
    TypeError
        If the source is of a kind that is not known.
    ValueError
        If the source has no such metric, no finished trial, or values outside its space.
    sklearn.exceptions.NotFittedError
        If a search has not run.
    FileNotFoundError
        If a path is not the folder of a SMAC run.
    ImportError
        If the source needs a library that is not installed; it names the extra.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skhypershap import read_trials
    >>> search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5, 15]})
    >>> trials = read_trials(search.fit(*load_iris(return_X_y=True)))
    >>> trials.configs
    [{'n_neighbors': 1}, {'n_neighbors': 5}, {'n_neighbors': 15}]
    """
    if direction is not None:
        check_name("direction", direction, DIRECTIONS)
    given = {"configs": configs, "scores": scores, "fidelity": fidelity}
    given = {name: value for name, value in given.items() if value is not None}
    if given and not isinstance(source, ConfigurationSpace):
        raise ValueError(
            f"{', '.join(given)} can be given with a ConfigurationSpace only; a "
            f"{type(source).__name__} has results of its own."
        )
    source = unwrap(source)
    return reader_of(source).read(source, space=space, metric=metric, direction=direction, **given)
