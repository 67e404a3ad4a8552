"""Searches of scikit-learn, and objects shaped like them: copies of them, and their space."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from ConfigSpace import ConfigurationSpace
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skhypershap._compat import class_names
from skhypershap.errors import naming
from skhypershap.space.distributions import UnreadableError
from skhypershap.space.encoding import check_supported
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.search_space import (
    SPACE_ATTRIBUTES,
    EstimatorDefaults,
    as_dimensions,
    dicts_of,
    space_of_dicts,
)


def is_frozen(source: Any) -> bool:
    """Whether a search must not be fitted again, whatever data is passed."""
    return isinstance(source, FrozenEstimator)


def unwrap(source: Any) -> Any:
    """The estimator inside a FrozenEstimator; anything else as it is."""
    while is_frozen(source):
        source = source.estimator
    return source


def is_of(search: Any, library: str) -> bool:
    """Whether a library has the class of a search, or one of its bases."""
    return any(name.startswith(f"{library}.") for name in class_names(search))


def copy_of(search: Any) -> Any:
    """Make an unfitted copy of a search, also of one that scikit-learn refuses to clone.

    sklearn-genetic-opt changes a parameter in its constructor, which `clone` does not allow. A client of
    a cluster (`scheduler=client` of dask-ml) cannot be copied, and is shared.
    """
    try:
        return clone(search)
    except (RuntimeError, TypeError):
        params = search.get_params(deep=False)
        return type(search)(**{name: _copied(value) for name, value in params.items()})


def _copied(value: Any) -> Any:
    try:
        return clone(value, safe=False)
    except TypeError:
        return value


def with_verbose(search: Any, verbose: int) -> Any:
    """The search itself, as verbose as asked where nobody chose how verbose it is."""
    constructor = inspect.signature(type(search)).parameters
    default = getattr(constructor.get("verbose"), "default", None)
    left = default is not None and not default and getattr(search, "verbose", None) == default
    if verbose and left and hasattr(search, "set_params"):
        search.set_params(verbose=verbose)
    return search


def check_ran(search: Any, attribute: str) -> None:
    """Refuse a search that lacks its results.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the search has no such attribute.
    """
    if not hasattr(search, attribute):
        raise NotFittedError(
            f"This {type(search).__name__} is not fitted and there is no data to fit it on: call "
            "fit(X, y), or fit the search first."
        )


def space_of_search(search: Any, space: Any = None) -> ConfigurationSpace | None:
    """Build the space of a search, fitted or not.

    Parameters
    ----------
    search : estimator
        With `param_grid`, `param_distributions`, `search_spaces` or `parameters`.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, optional
        The space to read in place of the search's own.

    Returns
    -------
    ConfigSpace.ConfigurationSpace or None
        None where only the trials show what the search can draw.

    Raises
    ------
    TypeError
        If the search has no space.
    ValueError
        If a distribution of `space` cannot be read, or dicts lack a hyperparameter and nothing tells
        its value.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from skhypershap.trials import space_of_search
    >>> list(space_of_search(GridSearchCV(SVC(), {"C": [0.1, 1, 10], "gamma": [0.1, 1]})))
    ['C', 'gamma']
    """
    if isinstance(space, ConfigurationSpace):
        built = space_given(space)
    else:
        dicts = space_attribute(search) if space is None else space
        if dicts is None:
            if hasattr(search, "cv_results_") or hasattr(search, "estimator"):
                return None
            raise TypeError(
                f"Cannot find the search space of {type(search).__name__}: it has none of "
                f"{', '.join(SPACE_ATTRIBUTES)}. Pass it with space=, as for RandomizedSearchCV."
            )
        with naming("space") if space is not None else nullcontext():
            dicts = dicts_of(dicts)
        if space is None and is_of(search, "skopt"):
            dicts = as_dimensions(dicts)
        try:
            built = space_of_dicts(dicts, EstimatorDefaults(getattr(search, "estimator", None)))
        except UnreadableError:
            if space is not None:
                raise
            return None
        except (ValueError, TypeError):
            if space is None:
                raise
            with naming("space"):
                raise
    check_supported(built)
    return built


def space_attribute(search: Any) -> Any:
    """The space of a search as it holds it, None if it has none."""
    found = (getattr(search, attribute, None) for attribute in SPACE_ATTRIBUTES)
    return next((space for space in found if isinstance(space, (Mapping, list, tuple))), None)


def untuned(search: Any) -> EstimatorDefaults | None:
    """The values that the estimator of a search has without tuning, None where they are lost.

    sklearn-genetic-opt tunes the very estimator that it was given, so its values are those of a copy
    made before the search ran.
    """
    estimator = getattr(search, "estimator", None)
    if estimator is None or estimator is getattr(search, "best_estimator_", None):
        return None
    return EstimatorDefaults(clone(estimator) if is_of(search, "sklearn_genetic") else estimator)
