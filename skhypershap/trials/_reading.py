"""Which reader reads which source; a new source is one file beside this one and one line here."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from skhypershap.errors import check_name
from skhypershap.trials._trials import DIRECTIONS, Trials

# Found by the name of the source's class or of one of its bases, so that the library it comes from
# is never imported for the asking.
READERS = {
    "sklearn.base.BaseEstimator": "skhypershap.trials.search",
    "ConfigSpace.configuration_space.ConfigurationSpace": "skhypershap.trials.configspace",
}


def reader_of(source: Any) -> ModuleType:
    """Find the module that reads a source; it has `check` and `read`.

    Raises
    ------
    TypeError
        If no reader knows the source.
    """
    for base in type(source).__mro__:
        reader = READERS.get(f"{base.__module__}.{base.__qualname__}")
        if reader is not None:
            return importlib.import_module(reader)
    raise TypeError(
        f"Cannot read trials from {type(source).__name__}. search must be a scikit-learn search (such "
        "as GridSearchCV or RandomizedSearchCV, fitted or not) or a ConfigSpace.ConfigurationSpace."
    )


def read_trials(
    source: Any,
    *,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """Read the results that a source holds.

    Parameters
    ----------
    source : object
        A fitted scikit-learn search, also inside `FrozenEstimator`, or a
        `ConfigSpace.ConfigurationSpace` together with `configs` and `scores`.
    configs : DataFrame, list of dict or list of Configuration, optional
        The configurations that ran, where the source is a space.
    scores : array-like of shape (n_trials,), optional
        Their scores, where the source is a space.
    fidelity : array-like of shape (n_trials,), optional
        Not supported yet.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, optional
        The space, where the source does not tell it or another one is wanted.
    metric : str, optional
        Which column of the results to read; the score that the search optimises by default.
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
    NotImplementedError
        For conditional spaces and trials at several fidelities, which are not supported yet.

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
    return reader_of(source).read(
        source,
        configs=configs,
        scores=scores,
        fidelity=fidelity,
        space=space,
        metric=metric,
        direction=direction,
    )
