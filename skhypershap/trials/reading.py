"""`read_trials`: finds the reader of a source, and makes `Trials` of what it reads."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any, Protocol, cast

from ConfigSpace import ConfigurationSpace

from skhypershap._compat import class_names
from skhypershap.errors import check_name, shown
from skhypershap.trials.failure_metric import FAILED, records_of_failures
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.searches import unwrap
from skhypershap.trials.trials import DIRECTIONS, Trials, trials_of


class Reader(Protocol):
    """Reads one kind of source; a module with these two functions is a reader.

    It may also have a function `metric_of_failures(source)`: the metric that is checked and read where
    failure itself is explained; `"failed"` where the source has a metric of that name. By default the
    one that the search optimises. And a function `metrics(source)`: the names of its metrics, which a
    report compares where there are several.

    See Also
    --------
    register_reader : Makes a reader known.
    """

    def check(self, source: Any, *, space: Any = None, metric: Any = None) -> Checked:
        """Refuse early what `read` would refuse, and keep what was found on the way.

        Where the source is a search that has not run, hours of work follow before `read`.

        Parameters
        ----------
        source : object
            An instance of the registered class.
        space : object
            What the user passed as `space=`, None if nothing.
        metric : str, int or None
            What the user passed as `metric=`.
        """

    def read(self, source: Any, checked: Checked, *, direction: str | None = None) -> Records:
        """Read the results.

        Parameters
        ----------
        source : object
            The source that was checked; a search has run by now.
        checked : Checked
            What `check` returned.
        direction : {"maximize", "minimize"} or None
            What the user passed as `direction=`.

        Returns
        -------
        Records
            Failed trials included, with NaN as their score: the common code counts them.
        """


# A reader is found by the full name of the source's class or of one of its bases, so that
# identifying a source never imports its library. A string is the module to import.
READERS: dict[str, str | Reader] = {
    "ConfigSpace.configuration_space.ConfigurationSpace": ".readers.configspace",
    "builtins.str": ".readers.address",
    "builtins.tuple": ".readers.smac",  # (runhistory, scenario)
    "duckdb.duckdb.DuckDBPyRelation": ".readers.frame",
    "_duckdb.DuckDBPyRelation": ".readers.frame",
    "hyperopt.base.Trials": ".readers.hyperopt_trials",
    "mlflow.entities.experiment.Experiment": ".readers.mlflow",
    "narwhals.dataframe.DataFrame": ".readers.frame",
    "narwhals.dataframe.LazyFrame": ".readers.frame",
    "optuna.storages._base.BaseStorage": ".readers.address",
    "optuna.study.study.Study": ".readers.optuna_study",
    "optuna_integration.sklearn.sklearn.OptunaSearchCV": ".readers.optuna_search",
    "pandas.DataFrame": ".readers.table",
    "pandas.core.frame.DataFrame": ".readers.table",
    "pathlib.Path": ".readers.address",
    "pathlib._local.Path": ".readers.address",  # Python 3.13
    "polars.dataframe.frame.DataFrame": ".readers.frame",
    "polars.lazyframe.frame.LazyFrame": ".readers.frame",
    "pyarrow.lib.RecordBatch": ".readers.frame",
    "pyarrow.lib.Table": ".readers.frame",
    "ray.tune.analysis.experiment_analysis.ExperimentAnalysis": ".readers.ray_analysis",
    "ray.tune.result_grid.ResultGrid": ".readers.ray_tune",
    "skhypershap.trials.trials.Trials": ".readers.trials_read",
    "sklearn.base.BaseEstimator": ".readers.search",
    "smac.facade.abstract_facade.AbstractFacade": ".readers.smac",
    "smac.runhistory.runhistory.RunHistory": ".readers.smac",
}
FRAMES = ("__arrow_c_stream__", "__dataframe__")  # what frames offer each other
FUNCTIONS = ("check", "read")  # of a reader


def register_reader(class_name: str, module: str | Reader) -> None:
    """Make a reader known, so that `read_trials` and `HyperSHAPExplainer` take its sources.

    Parameters
    ----------
    class_name : str
        Full name of the class that is read, with its module: `"my_package.runs.Log"`. Instances of
        subclasses are read, too. A reader that was registered for this class before is replaced.
    module : str or module
        The reader: a module with the functions `check` and `read` (see `Reader`), or its full name,
        which is imported once a source of this class is read.

    Raises
    ------
    TypeError
        If `class_name` is not a string, or `module` is neither a string nor has the two functions.
    ValueError
        If a string is not a full name.

    See Also
    --------
    read_trials : Reads the results that a source holds.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skhypershap import read_trials, register_reader
    >>> from skhypershap.trials import Checked, Records, space_given
    >>> class Log:
    ...     losses = {0.1: 3.0, 0.2: 1.0, 0.4: 2.0}
    >>> def check(source, *, space=None, metric=None):
    ...     return Checked("loss", space_given({"rate": list(source.losses)}))
    >>> def read(source, checked, *, direction=None):
    ...     configs = [{"rate": rate} for rate in source.losses]
    ...     return Records(checked.space, configs, list(source.losses.values()), "loss", "minimize")
    >>> register_reader(f"{Log.__module__}.Log", SimpleNamespace(check=check, read=read))
    >>> read_trials(Log()).scores
    array([3., 1., 2.])
    """
    if not isinstance(class_name, str):
        raise TypeError(
            "class_name must be the full name of a class as a string, such as 'my_package.runs.Log'; "
            f"got {class_name!r}."
        )
    parts = class_name.split(".")
    if len(parts) < 2 or not all(part.isidentifier() or part == "<locals>" for part in parts):
        raise ValueError(
            "class_name must be the full name of a class with its module, such as "
            f"'my_package.runs.Log'; got {class_name!r}."
        )
    if isinstance(module, str):
        if not all(part.isidentifier() for part in module.split(".")):
            raise ValueError(
                f"module must be the full name of a module, such as 'my_package.reader'; got {module!r}."
            )
    else:
        _check_functions(module, class_name)
    READERS[class_name] = module


def _check_functions(reader: Any, class_name: str) -> None:
    missing = [name for name in FUNCTIONS if not callable(getattr(reader, name, None))]
    if missing:
        raise TypeError(
            f"The reader of {class_name} must be a module with the functions check and read, or its "
            f"name; {reader!r} has no {' and no '.join(missing)}."
        )


def reader_of(source: Any) -> Reader:
    """Find the reader of a source.

    Raises
    ------
    TypeError
        If no reader is known for the source, or the registered one lacks a function.
    ImportError
        If the module of a registered reader cannot be imported.
    """
    source = unwrap(source)
    names = [name for name in class_names(source) if name in READERS]
    if not names and hasattr(source, "cv_results_"):
        names = ["sklearn.base.BaseEstimator"]
    if not names and any(hasattr(type(source), protocol) for protocol in FRAMES):
        names = ["pyarrow.lib.Table"]  # any other frame
    if not names:
        raise TypeError(
            f"Cannot read trials from {type(source).__name__}. search must be a scikit-learn search or "
            "one shaped like it (with cv_results_), a ConfigSpace.ConfigurationSpace, or a source of "
            "trials: a DataFrame, an Optuna study, a SMAC run, a Ray Tune ResultGrid, hyperopt Trials, "
            "or the address of one: a path or text. For any other source write a reader and pass it to "
            "register_reader."
        )
    reader = READERS[names[0]]
    if not isinstance(reader, str):
        return reader
    try:
        found = importlib.import_module(reader, __package__)
    except ImportError as error:
        raise ImportError(f"The reader of {names[0]} cannot be imported: {error}.") from error
    _check_functions(found, names[0])
    return cast(Reader, found)


def check_source(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """Refuse early what `read_checked` would refuse, and keep what was found on the way.

    Parameters
    ----------
    source, space, metric
        As in `read_trials`; a search need not have run.
    """
    source = unwrap(source)
    reader = reader_of(source)
    if isinstance(metric, bool):
        raise ValueError(f"Unknown metric {metric}: metric must be a name, a position or None.")
    if metric is not None and not isinstance(metric, (str, Integral)):
        raise TypeError(f"metric must be a name, a position or None; got {shown(metric)}.")
    if metric != FAILED:
        return reader.check(source, space=space, metric=metric)
    scored = getattr(reader, "metric_of_failures", lambda _: None)(source)
    checked = reader.check(source, space=space, metric=scored)
    return replace(checked, failures=scored != FAILED)


def read_checked(
    source: Any,
    checked: Checked,
    *,
    direction: str | None = None,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    infer_failures: bool = False,
) -> Trials:
    """Read the results of a source that was checked.

    Parameters
    ----------
    source, direction, configs, scores, fidelity
        As in `read_trials`; a search that had not run when it was checked must have run by now.
    checked : Checked
        What `check_source` returned; its space becomes that of the trials.
    infer_failures : bool, default=False
        Whether what failed in all of its trials is forbidden in a copy of the space.
    """
    given = {"configs": configs, "scores": scores, "fidelity": fidelity}
    _check_given(source, given)
    if isinstance(source, ConfigurationSpace):
        checked = replace(checked, details=given)
    source = unwrap(source)
    reader = reader_of(source)
    if not checked.failures:
        records = reader.read(source, checked, direction=direction)
        return trials_of(records, infer_failures=infer_failures)
    records = reader.read(source, checked, direction=direction or "minimize")
    return trials_of(records_of_failures(records, direction))


def _check_given(source: Any, given: Mapping[str, Any]) -> None:
    """Refuse trials that were given beside a source that has its own."""
    named = [name for name, value in given.items() if value is not None]
    if named and not isinstance(source, ConfigurationSpace):
        raise ValueError(
            f"{', '.join(named)} can be given with a ConfigurationSpace only; a "
            f"{type(source).__name__} has results of its own. Leave them out; tell() of a fitted "
            "explainer adds trials."
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
    study_name: str | None = None,
) -> Trials:
    """Read the results that a source holds.

    Parameters
    ----------
    source : object
        A fitted scikit-learn search or one shaped like it, also inside `FrozenEstimator`; a
        `ConfigSpace.ConfigurationSpace` together with `configs` and `scores`; a DataFrame of trials, of
        pandas, polars or pyarrow; an Optuna study or storage; a SMAC run: its facade, the pair
        (runhistory, scenario) or its folder; a Ray Tune `ResultGrid` or `ExperimentAnalysis`; hyperopt
        `Trials`; or an instance of a class given to `register_reader`. Or an address, as text or a path:
        a table (`.csv`, `.parquet`, `.jsonl`), an Optuna storage (`"sqlite:///study.db"`, `"study.db"`,
        a journal), the folder of a SMAC, Ray Tune or DeepCAVE run, `"mlflow:EXPERIMENT"`.
    configs : DataFrame, list of dict or list of Configuration, optional
        The configurations that ran, where the source is a space.
    scores : array-like of shape (n_trials,), optional
        Their scores, where the source is a space.
    fidelity : array-like of shape (n_trials,), optional
        The resource of each trial, where the source is a space and trials had different ones.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, optional
        The space, where the source does not contain it or another one is wanted. For Ray Tune and
        hyperopt also what these were given themselves.
    metric : str or int, optional
        Which column of the results to read, or which objective of several, by name or position; what
        the search optimises by default. `"failed"` for failure itself: 1 where a trial failed, 0
        where it did not, minimised.
    direction : {"maximize", "minimize"}, optional
        Which scores are better; the direction of the source by default.
    study_name : str, optional
        The study to read from an Optuna storage that has several.

    Returns
    -------
    Trials
        Space, configurations, scores, metric, direction and defaults.

    Raises
    ------
    TypeError
        If there is no reader for the source.
    ValueError
        If the source has no such metric, no finished trial, or values outside its space; if a file is
        broken, which is never read in part; if it is a pickle, which could run any code.
    sklearn.exceptions.NotFittedError
        If a search has not run.
    FileNotFoundError
        If there is nothing at an address.
    ImportError
        If the source needs a library that is not installed; the message names the extra.

    See Also
    --------
    register_reader : Makes a reader for another class known.
    HyperSHAPExplainer : Explains the trials of a source.

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
    _check_given(source, given)
    if study_name is not None:
        address = importlib.import_module(".readers.address", __package__)
        source = address.opened_at(source, study_name).source
    checked = check_source(source, space=space, metric=metric)
    return read_checked(source, checked, direction=direction, **given)
