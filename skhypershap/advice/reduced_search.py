"""A smaller search, worth running next: over some hyperparameters, with all others held.

The search is of the same kind as the one it comes from. What is held becomes a parameter of its
estimator, of an estimator among the choices, or a list with one value in some of its dicts.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from skhypershap._compat import optional
from skhypershap.advice.allowed_dicts import CannotLeaveOutError, allowed_dicts
from skhypershap.errors import check_name
from skhypershap.library_faults import forget_search_space
from skhypershap.space.distributions import UnreadableError, choices_of, hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.restriction import restricted
from skhypershap.space.value_keys import value_key
from skhypershap.trials import copy_of, is_of
from skhypershap.trials.failures import FailureClause
from skhypershap.trials.inferred_clauses import described
from skhypershap.trials.search_space import (
    MISSING,
    SPACE_ATTRIBUTES,
    Dicts,
    EstimatorDefaults,
    as_dimensions,
    dicts_of,
    swapped_part,
)

# Parameters with the number of configurations to draw; a grid has no more than its size.
N_DRAWN = ("n_iter", "n_candidates", "n_initial_parameters")

Config = Mapping[str, Any]


def reduced(
    search: Any,
    space: ConfigurationSpace,
    subset: Collection[str],
    fixed: Config,
    clauses: Sequence[FailureClause] = (),
) -> Any:
    """Build a search of the same kind over some hyperparameters, all others held on its estimator.

    From a list of dicts, those that belong to other values than the held ones are left out, with the
    ranges that only they have, as long as everything in the subset still varies.

    Parameters
    ----------
    search : estimator
        Fitted or not; it is not changed.
    space : ConfigSpace.ConfigurationSpace
        Its whole space, as `HyperSHAPExplainer.space_`.
    subset : collection of str
        Names of the hyperparameters to search over. One that is never active while others are held is
        left out.
    fixed : mapping
        A value for every hyperparameter of the space: where the others are held. An inactive one has the
        value that it takes once it becomes active.
    clauses : sequence of FailureClause, default=()
        What always failed, which the new search does not run.

    Returns
    -------
    estimator
        Unfitted, with the settings of the search. From lists it draws no more configurations than exist.

    Raises
    ------
    TypeError
        If the search cannot be rebuilt; the message names the missing attribute, or what its library
        cannot do.
    ValueError
        If a name is unknown, the search does not search over it, or the whole subset is inactive.

    See Also
    --------
    skhypershap.HyperSHAPExplainer.reduced_search : The same over the best subset.
    skhypershap.space.restriction.restricted : The same for a space.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from skhypershap.advice.reduced_search import reduced
    >>> from skhypershap.trials import space_of_search
    >>> search = GridSearchCV(SVC(), {"C": [0.1, 1, 10], "gamma": [0.1, 1, 10]})
    >>> smaller = reduced(search, space_of_search(search), ["C"], {"C": 1, "gamma": 0.1})
    >>> smaller
    GridSearchCV(estimator=SVC(gamma=0.1), param_grid={'C': [0.1, 1, 10]})
    >>> smaller.fit(*load_iris(return_X_y=True)).best_params_
    {'C': 1}
    """
    for name in subset:
        check_name("hyperparameter", name, space)
    attribute = space_attribute(search)
    space = _without_clauses(space)
    active = restricted(space, subset, fixed, constants=True)
    free = [name for name in active if name in subset]
    _check_free(search, attribute, free, subset)
    dicts = readable_dicts(search, dicts_of(getattr(search, attribute)))
    held = {name: fixed[name] for name in active if name not in free}
    # Once others are held, what is always active depends on nothing that is searched over.
    settled = {name: value for name, value in held.items() if not active.parents_of[name]}
    positions = _agreeing(dicts, free, settled, space, EstimatorDefaults(search.estimator))
    # The other held ones are missing in some dicts, which must run without them.
    depending = {
        name: value
        for name, value in held.items()
        if name not in settled and not all(name in dicts[position] for position in positions)
    }
    on_estimator = {name: value for name, value in held.items() if name not in depending}
    form = _smaller_form(search, attribute, positions, free, space, fixed, depending)
    form = _allowed_form(search, attribute, form, clauses, space, held)
    changed = {"estimator": _holding(search.estimator, on_estimator), attribute: form}
    changed.update(fewer_drawn(search, attribute, form))
    if getattr(search, "study", None) is not None:
        changed["study"] = _fresh_study(search.study)
    shallow = copy.copy(search)  # set_params must not change the search itself
    shallow.set_params(**changed)
    return copy_of(shallow)


def space_attribute(search: Any) -> str:
    """Name of the attribute that holds the space; an error where the search cannot be rebuilt."""
    for method in ("get_params", "set_params"):
        if not hasattr(search, method):
            raise _cannot_rebuild(search, f"it has no {method}")
    if not hasattr(getattr(search, "estimator", None), "get_params"):
        raise _cannot_rebuild(search, "it has no estimator with get_params")
    if isinstance(getattr(search, "cv", None), Iterator):
        raise TypeError(
            f"A smaller search cannot be made of this {type(search).__name__}: its cv is an iterator, "
            "which can be used only once. Make the search with a list of splits: "
            "cv=list(splits)."
        )
    for attribute in SPACE_ATTRIBUTES:
        if isinstance(getattr(search, attribute, None), (Mapping, list, tuple)):
            return attribute
    raise _cannot_rebuild(search, f"it has no {' or '.join(SPACE_ATTRIBUTES)}")


def _cannot_rebuild(search: Any, reason: str) -> TypeError:
    return TypeError(
        f"A smaller search cannot be made of this {type(search).__name__}: {reason}. The explainer's "
        "best_subsets() lists the hyperparameters to tune; write the search over them yourself."
    )


def _check_free(
    search: Any, attribute: str, free: Collection[str], subset: Collection[str]
) -> None:
    """Refuse a subset that is inactive or not searched over, and what a library cannot search."""
    if not free:
        raise ValueError(
            f"Nothing is left to search over: {', '.join(map(repr, subset)) or 'an empty subset'} has "
            "no effect while all others are held. Choose more hyperparameters, or another baseline."
        )
    form = getattr(search, attribute)
    unsearched = [name for name in free if not any(name in entry for entry in dicts_of(form))]
    if unsearched:
        raise ValueError(
            f"{attribute} of this {type(search).__name__} does not have "
            f"{', '.join(map(repr, unsearched))}, so that a smaller search cannot have it either."
        )
    if is_of(search, "skopt") and not isinstance(form, Mapping):
        raise _cannot_rebuild(
            search,
            f"scikit-optimize refuses the empty dicts that its list of {attribute} could become",
        )
    if is_of(search, "sklearn_genetic") and len(free) == 1:
        raise _cannot_rebuild(
            search,
            "sklearn-genetic-opt needs two hyperparameters to combine, so search over one more",
        )
    if getattr(search, "warm_start_configs", None):
        raise _cannot_rebuild(
            search, "its warm_start_configs set what would be held, so set them to None first"
        )


def _without_clauses(space: ConfigurationSpace) -> ConfigurationSpace:
    """The same hyperparameters and conditions; a search does not heed forbidden clauses."""
    hyperparameters, conditions = copy.deepcopy((list(space.values()), space.conditions))
    bare = ConfigurationSpace()
    bare.add(hyperparameters, conditions)
    return bare


def _holding(estimator: Any, held: Config) -> Any:
    """The estimator, or a clone with those of the held values that are parameters of it."""
    holding = estimator
    for name in sorted(held, key=lambda name: name.count("__")):  # an inner estimator comes first
        parameters = holding.get_params()
        if name in parameters and value_key(parameters[name]) != value_key(held[name]):
            holding = clone(estimator) if holding is estimator else holding
            holding.set_params(**{name: clone(held[name], safe=False)})
    return holding


def readable_dicts(search: Any, dicts: Dicts) -> Dicts:
    """Dicts whose values can be read without knowing the class of the search."""
    return as_dimensions(dicts) if is_of(search, "skopt") else dicts


def _agreeing(
    dicts: Dicts,
    free: Sequence[str],
    settled: Config,
    space: ConfigurationSpace,
    defaults: EstimatorDefaults,
) -> list[int]:
    """Positions of dicts that hold what is settled; all, if the free ones vary only with others."""
    positions = [
        position
        for position, entry in enumerate(dicts)
        if not _contradicts(entry, settled, space, defaults)
    ]
    enough = all(_varies(name, [dicts[position] for position in positions]) for name in free)
    return positions if enough else list(range(len(dicts)))


def _contradicts(
    entry: Config, settled: Config, space: ConfigurationSpace, defaults: EstimatorDefaults
) -> bool:
    """Whether no configuration of a dict has all settled values."""
    for name, value in settled.items():
        if name in entry:
            exact = defaults.is_fraction(entry, name)
            try:
                domain = domain_of(hyperparameter_from(name, [entry[name]], exact=exact))
            except UnreadableError:  # it may draw anything
                continue
            if np.isnan(domain.encode([value])[0]):
                return True
        elif not space.parents_of[name]:
            numbers = domain_of(space[name]).encode([value, *defaults.in_dict(entry, name)])
            if numbers[0] not in numbers[1:]:
                return True
    return False


def _varies(name: str, dicts: Dicts) -> bool:
    """Whether dicts have several values for a name, one of which may be that it is not set."""
    lists = [choices_of(name, entry[name]) if name in entry else [MISSING] for entry in dicts]
    distinct = {value_key(choice) for choices in lists for choice in choices or []}
    return None in lists or len(distinct) > 1


def _smaller_form(
    search: Any,
    attribute: str,
    positions: Sequence[int],
    free: Sequence[str],
    space: ConfigurationSpace,
    fixed: Config,
    depending: Config,
) -> Any:
    """Dicts at some positions with what is free only; a single dict where the search has one.

    What is held in some dicts only is in them with one value, unless the estimator has that value.
    """
    given = getattr(search, attribute)
    defaults = EstimatorDefaults(search.estimator)
    dicts = dicts_of(given)
    readable = readable_dicts(search, dicts)
    entries: dict[Any, Any] = {}
    for position in positions:
        entry = {name: form for name, form in dicts[position].items() if name in free}
        for name in list(entry):
            choices = choices_of(name, readable[position][name])
            inner = [other for other in fixed if swapped_part(other, entry) == name]
            if choices is not None and not set(inner) <= set(free):
                holding = [_choice_holding(c, name, inner, free, space, fixed) for c in choices]
                if any(new is not old for new, old in zip(holding, choices, strict=True)):
                    entry[name] = _with_choices(entry[name], holding)
        for name, value in depending.items():
            untuned = value_key(defaults.under({}, name)) == value_key(value)
            if name in dicts[position] and not (untuned or swapped_part(name, entry)):
                entry[name] = [value]
        entries.setdefault(value_key(entry), entry)  # dicts may differ only in what is held
    return next(iter(entries.values())) if isinstance(given, Mapping) else list(entries.values())


def _allowed_form(
    search: Any,
    attribute: str,
    form: Any,
    clauses: Sequence[FailureClause],
    space: ConfigurationSpace,
    held: Config,
) -> Any:
    """The dicts of a search without what always failed; a list of dicts where one is not enough."""
    entries = dicts_of(form)
    if not clauses:
        return form
    failed = described(space, clauses)
    try:
        allowed = allowed_dicts(entries, readable_dicts(search, entries), clauses, space, held)
    except CannotLeaveOutError as error:
        reason = (
            f"its distribution of {str(error)!r} cannot leave out what always failed ({failed})"
        )
        raise _cannot_rebuild(search, reason) from error
    if not allowed:
        raise ValueError(
            f"Everything that the smaller search could run always failed ({failed}). Choose another "
            "baseline, or more hyperparameters with size=."
        )
    if not isinstance(form, Mapping):
        return allowed
    takes_several = attribute != "search_spaces" and not any(
        is_of(search, library) for library in ("optuna_integration", "sklearn_genetic")
    )
    if len(allowed) > 1 and not takes_several:
        raise _cannot_rebuild(
            search, f"its {attribute} cannot leave out what always failed ({failed})"
        )
    return allowed[0] if len(allowed) == 1 else allowed


def _choice_holding(
    choice: Any,
    name: str,
    inner: Sequence[str],
    free: Sequence[str],
    space: ConfigurationSpace,
    fixed: Config,
) -> Any:
    """A choice of an estimator, with its held parameters that are active once it is chosen."""
    if not hasattr(choice, "get_params"):
        return choice
    others = [other for other in free if other != name]
    active = restricted(space, others, {**fixed, name: choice}, constants=True)
    names = [other for other in inner if other in active and other not in free]
    return _holding(choice, {other[len(name) + 2 :]: fixed[other] for other in names})


def _with_choices(form: Any, choices: Sequence[Any]) -> Any:
    """A list of choices, or the dimension of another library, with other choices, each of them once."""
    distinct = list({value_key(choice): choice for choice in choices}.values())
    return distinct if isinstance(form, (list, tuple, np.ndarray)) else type(form)(distinct)


def fewer_drawn(search: Any, attribute: str, form: Any) -> dict[str, int]:
    """Smaller numbers of draws, where lists have fewer configurations and scikit-learn would warn."""
    given = search.get_params(deep=False)
    drawn = {name: given[name] for name in N_DRAWN if isinstance(given.get(name), int)}
    dicts = [form] if isinstance(form, Mapping) else form
    endless = any(hasattr(values, "rvs") for entry in dicts for values in entry.values())
    if attribute == "search_spaces" or not drawn or endless:
        return {}
    n_configs = len(ParameterGrid(form))
    return {name: n_configs for name, number in drawn.items() if number > n_configs}


def _fresh_study(study: Any) -> Any:
    """An Optuna study without trials, with copies of the sampler and the pruner."""
    sampler = copy.deepcopy(study.sampler)
    forget_search_space(sampler)
    return optional("optuna", "optuna").create_study(
        direction=study.direction, sampler=sampler, pruner=copy.deepcopy(study.pruner)
    )
