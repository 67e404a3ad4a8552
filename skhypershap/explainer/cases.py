"""Cases: small anonymous files of what an explainer was fitted on, which reproduce its numbers."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skhypershap._compat import StrOptions
from skhypershap.errors import shown
from skhypershap.explainer.base import ExplainerBase, of_one_fit
from skhypershap.explainer.fitted import fit_surrogate
from skhypershap.space.anonymous import AnonymousSpace, read_space
from skhypershap.surrogate.regressors import NAMES
from skhypershap.trials import Trials, unwrap
from skhypershap.trials.defaults import Defaults
from skhypershap.trials.failures import FailureClause, Part
from skhypershap.trials.inferred_clauses import with_clauses
from skhypershap.trials.measurements import Measurements
from skhypershap.trials.metric_bounds import anonymous_name, scored_as
from skhypershap.writing import path_of, write_text

if TYPE_CHECKING:
    from skhypershap.explainer.explainer import HyperSHAPExplainer

FORMAT = 1
SETTINGS = ("baseline_score", "infer_failures", "n_samples", "optimizer", "max_exact")
"""Parameters that are numbers or words of this library; they are written as they are."""
LIBRARIES = ("ConfigSpace", "numba", "numpy", "pandas", "scikit-learn", "scipy", "shapiq")
OTHER = "other"
"""Stands for a surrogate that cannot be written without the user's words."""


class Cases(ExplainerBase):
    """The method of `HyperSHAPExplainer` that writes a case."""

    @of_one_fit
    def dump_case(self, path: str | os.PathLike[str]) -> None:
        """Write what the explainer was fitted on to a small anonymous file, to report a wrong number.

        Parameters
        ----------
        path : str or path
            Where to write, such as "case.json". A file that is there is replaced.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before fit.
        OSError
            If the file cannot be written.

        See Also
        --------
        skhypershap.load_case : Makes an explainer of the file.

        Notes
        -----
        The file has the space, all trials with their scores, the settings and the versions of libraries.
        Hyperparameters are called "hyperparameter_1" and so on, in their order; choices that are not
        numbers, bools or None "choice_1"; the metric "metric", or "metric (at most 1)" where its best
        possible score is known. No other text of yours is in it: no data, no names, no paths. The same
        explainer writes the same bytes. Numbers are in it as they are, since the problem may lie in
        them.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer, load_case
        >>> space = ConfigurationSpace({"alpha": (0.0, 1.0), "depth": (1, 8)}, seed=0)
        >>> configs = space.sample_configuration(60)
        >>> scores = [np.sin(3 * config["alpha"]) + config["depth"] / 8 for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     explainer.dump_case(Path(folder) / "case.json")
        ...     loaded = load_case(Path(folder) / "case.json")
        >>> loaded.hyperparameter_names_
        ['hyperparameter_1', 'hyperparameter_2']
        >>> bool((loaded.explain()["value"] == explainer.explain()["value"]).all())
        True
        """
        check_is_fitted(self)
        text = json.dumps(_case(self), indent=1)  # as a whole, before the file is opened
        write_text(path, text + "\n")


def load_case(path: str | os.PathLike[str], *, surrogate: Any = None) -> HyperSHAPExplainer:
    """Make a fitted explainer of a file that `HyperSHAPExplainer.dump_case` has written.

    Parameters
    ----------
    path : str or path
        The file.
    surrogate : regressor, default=None
        The surrogate of a case whose own could not be written: one that is not of scikit-learn, or
        that has text of the user's as a parameter.

    Returns
    -------
    HyperSHAPExplainer
        Fitted: its values are those of the explainer that wrote the file, under other names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If `path` is not a path.
    ValueError
        If the file is not a case, or has a surrogate that could not be written and `surrogate` is None.

    See Also
    --------
    HyperSHAPExplainer.dump_case : Writes the file, and has an example.
    """
    from skhypershap.explainer.explainer import HyperSHAPExplainer

    try:
        case = json.loads(path_of(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)} is not a case: {error}.") from error
    if not isinstance(case, dict) or case.get("skhypershap_case") != FORMAT:
        raise ValueError(f"{os.fspath(path)} is not a case that this version of skhypershap reads.")
    settings = dict(case["settings"])
    settings["surrogate"] = _surrogate_read(settings["surrogate"], surrogate)
    try:
        trials, measured = _trials_read(case), _measured_read(case["measured"])
        explainer = HyperSHAPExplainer(trials, **settings)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{os.fspath(path)} is not a whole case: {error!r}.") from error
    fitted = fit_surrogate(
        trials,
        measured,
        surrogate=settings["surrogate"],
        baseline=settings["baseline"],
        baselines=case["baselines"],
        seed=settings["random_state"],
        n_jobs=None,
        trees_alone=bool(case.get("trees_alone", False)),
    )
    explainer._hold(fitted, None)
    return explainer


def _case(explainer: ExplainerBase) -> dict[str, Any]:
    """All of a case, as data of JSON."""
    fitted = explainer.fitted_
    names = AnonymousSpace(fitted.source.searched_space)
    settings = {name: _plain(getattr(explainer, name)) for name in SETTINGS}
    settings["surrogate"] = _surrogate_written(fitted.spec.model)
    settings["baseline"] = _baseline_written(names, fitted.baseline)
    settings["random_state"] = int(fitted.seed)
    return {
        "skhypershap_case": FORMAT,
        "versions": _versions(),
        "settings": settings,
        "space": names.written(),
        "metric": _metric_written(explainer, fitted.source),
        "trials": _trials_written(names, fitted.source),
        "measured": {
            "configs": [names.config(config) for config in fitted.measured.configs],
            "scores": _numbers(fitted.measured.scores),
            "why": list(fitted.measured.why),
            "fidelity": _numbers(fitted.measured.fidelity),
        },
        "baselines": [names.config(config) for config in fitted.baselines],
        "trees_alone": fitted.spec.trees_alone,
    }


def _metric_written(explainer: ExplainerBase, trials: Trials) -> str:
    """A name without the user's words, which bounds scores where the metric's own name does."""
    name = scored_as(unwrap(getattr(explainer, "search_", explainer.search)), trials.metric)
    return anonymous_name(name, maximize=trials.maximize)


def _trials_written(names: AnonymousSpace, trials: Trials) -> dict[str, Any]:
    default, defaults = trials.default, trials.defaults
    return {
        "configs": [names.config(config) for config in trials.configs],
        "scores": _numbers(trials.scores),
        "direction": trials.direction,
        "defaults": names.config(defaults.values),
        "center": names.config(defaults.center),
        "known": defaults.known,
        "default": None if default is None else names.config(default),
        "fidelity": None if trials.fidelity is None else _numbers(trials.fidelity),
        "unknown": bool(trials.unknown),
        "failed": [names.config(config) for config in trials.failed],
        "constraints": None
        if trials.constraints is None
        else np.asarray(trials.constraints).tolist(),
        "inferred": [_clause_written(names, clause) for clause in trials.inferred],
    }


def _clause_written(names: AnonymousSpace, clause: FailureClause) -> dict[str, Any]:
    parts = [
        [names.names[part.name], part.operator, np.asarray(part.number).tolist()]
        for part in clause.parts
    ]
    return {"parts": parts, "n_failed": int(clause.n_failed), "infeasible": bool(clause.infeasible)}


def _trials_read(case: Mapping[str, Any]) -> Trials:
    """The trials of the source, in a space that forbids what was inferred."""
    data, space = case["trials"], read_space(case["space"])
    fidelity, constraints = data["fidelity"], data["constraints"]
    trials = Trials(
        space=space,
        configs=data["configs"],
        scores=np.array(data["scores"], dtype=float),
        metric=str(case.get("metric", "metric")),
        direction=data["direction"],
        defaults=Defaults(data["defaults"], {}, data["center"], data["known"]),
        default=data["default"],
        fidelity=None if fidelity is None else np.array(fidelity, dtype=float),
        unknown=data["unknown"],
        failed=data["failed"],
        constraints=None if constraints is None else np.array(constraints, dtype=float),
    )
    clauses = [
        FailureClause(
            tuple(
                Part(name, operator, tuple(number) if isinstance(number, list) else number)
                for name, operator, number in clause["parts"]
            ),
            clause["n_failed"],
            clause["infeasible"],
        )
        for clause in data["inferred"]
    ]
    return with_clauses(trials, clauses)


def _measured_read(data: Mapping[str, Any]) -> Measurements:
    scores, fidelity = (np.array(data[name], dtype=float) for name in ("scores", "fidelity"))
    return Measurements(data["configs"], scores, data["why"], fidelity)


def _baseline_written(names: AnonymousSpace, baseline: Any) -> Any:
    """A word as it is, a configuration without the user's words, a list of these."""
    if isinstance(baseline, (list, tuple)):
        return [_baseline_written(names, one) for one in baseline]
    return names.config(baseline) if isinstance(baseline, Mapping) else str(baseline)


def _surrogate_written(model: Any) -> Any:
    """A word as it is, an estimator of scikit-learn by its class and parameters; else `OTHER`."""
    if model is None or (isinstance(model, str) and model in NAMES):
        return model
    return _estimator_written(model) or OTHER


def _estimator_written(model: Any) -> dict[str, Any] | None:
    """Class and parameters; None for other classes than scikit-learn's, and for text of the user's."""
    kind = type(model)
    if not isinstance(model, BaseEstimator) or not _is_of_sklearn(kind.__module__, kind.__name__):
        return None
    found = {}
    for name, value in model.get_params(deep=False).items():
        if isinstance(value, BaseEstimator):
            value = _estimator_written(value)
            if value is None:
                return None
        elif (isinstance(value, str) and value not in _words_for(model, name)) or not isinstance(
            value, (str, bool, int, float, np.generic, type(None))
        ):
            return None
        found[name] = _plain(value)
    return {"module": kind.__module__, "class": kind.__name__, "parameters": found}


def _is_of_sklearn(module: Any, name: Any) -> bool:
    """Whether a class is one of scikit-learn, found where it says."""
    if not isinstance(module, str) or module.split(".")[0] != "sklearn":
        return False
    try:
        kind = getattr(importlib.import_module(module), str(name), None)
    except ImportError:
        return False
    return isinstance(kind, type) and issubclass(kind, BaseEstimator)


def _words_for(model: Any, name: str) -> set[str]:
    """Texts that scikit-learn itself has for a parameter."""
    constraints = getattr(model, "_parameter_constraints", {}).get(name, [])
    if not isinstance(constraints, list):
        return set()
    return {str(word) for one in constraints if isinstance(one, StrOptions) for word in one.options}


def _surrogate_read(data: Any, given: Any) -> Any:
    if data == OTHER and given is None:
        raise ValueError(
            "The surrogate of this case could not be written to the file. Pass the regressor: "
            "load_case(path, surrogate=...)."
        )
    if given is not None:
        return given
    return _estimator_read(data) if isinstance(data, Mapping) else data


def _estimator_read(data: Mapping[str, Any]) -> Any:
    module, name = data.get("module"), data.get("class")
    if not _is_of_sklearn(module, name):
        raise ValueError(f"{shown(name)} is not an estimator of scikit-learn.")
    kind = getattr(importlib.import_module(str(module)), str(name))
    parameters = {
        key: _estimator_read(value) if isinstance(value, Mapping) else value
        for key, value in data["parameters"].items()
    }
    return kind(**parameters)


def _versions() -> dict[str, str]:
    """Versions of what numbers depend on; the kind of system, not its name."""
    from skhypershap import __version__

    found = {"skhypershap": __version__, "python": platform.python_version()}
    found |= {name: metadata.version(name) for name in LIBRARIES}
    return {**found, "system": f"{sys.platform} {platform.machine()}"}


def _numbers(values: Sequence[float] | np.ndarray) -> list[float]:
    found: list[float] = np.asarray(values, dtype=float).tolist()
    return found


def _plain(value: Any) -> Any:
    """Numbers and lists of numbers as JSON has them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
