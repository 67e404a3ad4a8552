"""The search worth running next: one of the same kind over some hyperparameters, the others held."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from skhypershap._compat import optional
from skhypershap.errors import check_name
from skhypershap.space.distributions import UnreadableError, choices_of, hyperparameter_from
from skhypershap.space.domains import domain_of, value_key
from skhypershap.space.restriction import restricted
from skhypershap.trials import copy_of, is_of
from skhypershap.trials.search_space import (
    MISSING,
    SPACE_ATTRIBUTES,
    Dicts,
    EstimatorDefaults,
    as_dimensions,
    dicts_of,
    swapped_part,
)

# How many configurations to draw: of lists no more than there are.
DRAWS = ("n_iter", "n_candidates", "n_initial_parameters")

Config = Mapping[str, Any]


def reduced(search: Any, space: ConfigurationSpace, subset: Collection[str], fixed: Config) -> Any:
    """Build a search of the same kind over some hyperparameters, all others held on its estimator.

    Of a list of dicts those that belong to other values than the held ones are left out, with the
    ranges that only they have, as long as everything in the subset still varies.

    Parameters
    ----------
    search : estimator
        Fitted or not; it is not changed.
    space : ConfigSpace.ConfigurationSpace
        Its whole space, as an explainer has it.
    subset : collection of str
        Names of the hyperparameters to search over. One that is never active while others are held is
        left out.
    fixed : mapping
        A value for every hyperparameter of the space: where the others are held. Inactive ones have the
        value that they take once they become active.

    Returns
    -------
    estimator
        Unfitted, with the settings of the search; of lists it draws no more configurations than exist.

    Raises
    ------
    TypeError
        If the search cannot be rebuilt; it says which attribute is missing.
    ValueError
        If a name is unknown, the search does not search over it, or the whole subset is inactive.

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
    attribute = _space_attribute(search)
    space = _without_clauses(space)
    active = restricted(space, subset, fixed, constants=True)
    free = [name for name in active if name in subset]
    if not free:
        raise ValueError(
            f"Nothing is left to search over: {', '.join(map(repr, subset)) or 'an empty subset'} has "
            "no effect while all others are held. Choose more hyperparameters, or another baseline."
        )
    held = {name: fixed[name] for name in active if name not in free}
    dicts = _readable(search, dicts_of(getattr(search, attribute)))
    unsearched = [name for name in free if not any(name in entry for entry in dicts)]
    if unsearched:
        raise ValueError(
            f"{attribute} of this {type(search).__name__} does not have "
            f"{', '.join(map(repr, unsearched))}, so that a smaller search cannot have it either."
        )
    # Once others are held, what is always active depends on nothing that is searched over.
    settled = {name: value for name, value in held.items() if not active.parents_of[name]}
    numbers = _agreeing(dicts, free, settled, space, EstimatorDefaults(search.estimator))
    # Dicts that lack what depends on what is searched over go on without it.
    depending = {
        name: value
        for name, value in held.items()
        if name not in settled and not all(name in dicts[number] for number in numbers)
    }
    on_estimator = {name: value for name, value in held.items() if name not in depending}
    estimator = _holding(search.estimator, on_estimator)
    form = _smaller_form(search, attribute, numbers, free, space, fixed, depending)
    if is_of(search, "skopt"):
        form = _for_skopt(form, free, EstimatorDefaults(estimator))
    elif is_of(search, "sklearn_genetic"):
        form = _for_genetic(form, held)
    changed = {"estimator": estimator, attribute: form}
    changed.update(_fewer_draws(search, attribute, form))
    if getattr(search, "warm_start_configs", None):
        changed["warm_start_configs"] = _smaller_starts(search.warm_start_configs, form, held)
    if getattr(search, "study", None) is not None:
        changed["study"] = _fresh_study(search.study)
    shallow = copy.copy(search)  # the search itself keeps what it has
    shallow.set_params(**changed)
    return copy_of(shallow)


def _space_attribute(search: Any) -> str:
    """Name of the attribute that holds the space, or an error that says why it cannot be rebuilt."""
    for method in ("get_params", "set_params"):
        if not hasattr(search, method):
            raise _cannot_rebuild(search, method)
    if not hasattr(getattr(search, "estimator", None), "get_params"):
        raise _cannot_rebuild(search, "estimator with get_params")
    if isinstance(getattr(search, "cv", None), Iterator):
        raise TypeError(
            f"A smaller search cannot be made of this {type(search).__name__}: its cv is an iterator, "
            "which can be gone through once only. Make the search with a list of splits: "
            "cv=list(splits)."
        )
    for attribute in SPACE_ATTRIBUTES:
        if isinstance(getattr(search, attribute, None), (Mapping, list, tuple)):
            return attribute
    raise _cannot_rebuild(search, " or ".join(SPACE_ATTRIBUTES))


def _cannot_rebuild(search: Any, missing: str) -> TypeError:
    return TypeError(
        f"A smaller search cannot be made of this {type(search).__name__}: it has no {missing}. "
        "The explainer's best_subsets() tells what to tune; write the search over it yourself."
    )


def _without_clauses(space: ConfigurationSpace) -> ConfigurationSpace:
    """The same hyperparameters and conditions; a search knows no forbidden clauses."""
    hyperparameters, conditions = copy.deepcopy((list(space.values()), space.conditions))
    bare = ConfigurationSpace()
    bare.add(hyperparameters, conditions)
    return bare


def _holding(estimator: Any, held: Config) -> Any:
    """The estimator, or a clone that has the values which are parameters of it, outer ones first."""
    holding = estimator
    for name in sorted(held, key=lambda name: name.count("__")):
        own = holding.get_params()
        if name in own and value_key(own[name]) != value_key(held[name]):
            holding = clone(estimator) if holding is estimator else holding
            holding.set_params(**{name: clone(held[name], safe=False)})
    return holding


def _readable(search: Any, dicts: Dicts) -> Dicts:
    """Dicts whose values say by themselves what they are."""
    return as_dimensions(dicts) if is_of(search, "skopt") else dicts


def _agreeing(
    dicts: Dicts,
    free: Sequence[str],
    settled: Config,
    space: ConfigurationSpace,
    own: EstimatorDefaults,
) -> list[int]:
    """Positions of dicts that hold what is settled; of all, if others are needed to vary the rest."""
    numbers = [n for n, entry in enumerate(dicts) if not _contradicts(entry, settled, space, own)]
    enough = all(_varies(name, [dicts[number] for number in numbers]) for name in free)
    return numbers if enough else list(range(len(dicts)))


def _contradicts(
    entry: Config, settled: Config, space: ConfigurationSpace, own: EstimatorDefaults
) -> bool:
    """Whether no configuration of a dict has all settled values."""
    for name, value in settled.items():
        if name in entry:
            share = own.is_share(entry, name)
            try:
                domain = domain_of(hyperparameter_from(name, [entry[name]], share=share))
            except UnreadableError:  # it may draw anything
                continue
            if np.isnan(domain.encode([value])[0]):
                return True
        elif not space.parents_of[name]:
            numbers = domain_of(space[name]).encode([value, *own.in_dict(entry, name)])
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
    numbers: Sequence[int],
    free: Sequence[str],
    space: ConfigurationSpace,
    fixed: Config,
    depending: Config,
) -> Any:
    """Dicts at some positions with what is free alone, in the form that the search has them in.

    What is held in some dicts only is in them with one value, if the estimator has another one.
    """
    own_form = getattr(search, attribute)
    own = EstimatorDefaults(search.estimator)
    dicts = dicts_of(own_form)
    readable = _readable(search, dicts)
    entries: dict[Any, Any] = {}
    for number in numbers:
        entry = {name: form for name, form in dicts[number].items() if name in free}
        for name in list(entry):
            choices = choices_of(name, readable[number][name])
            inner = [other for other in fixed if swapped_part(other, entry) == name]
            if choices is not None and not set(inner) <= set(free):
                holding = [_choice_holding(c, name, inner, free, space, fixed) for c in choices]
                if any(new is not old for new, old in zip(holding, choices, strict=True)):
                    entry[name] = _with_choices(entry[name], holding)
        for name, value in depending.items():
            untuned = swapped_part(name, entry) or value_key(own.under({}, name)) == value_key(
                value
            )
            if name in dicts[number] and not untuned:
                entry[name] = [value]
        # Of dicts that differed in what is held only, the first.
        pair = isinstance(own_form, (list, tuple)) and isinstance(own_form[number], tuple)
        entries.setdefault(value_key(entry), (entry, *own_form[number][1:]) if pair else entry)
    return next(iter(entries.values())) if isinstance(own_form, Mapping) else list(entries.values())


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


def _for_skopt(form: Any, free: Sequence[str], own: EstimatorDefaults) -> Any:
    """Without empty dicts, which scikit-optimize refuses, and with one look at what does not vary."""
    if isinstance(form, Mapping):
        return form
    values = {name: own.under({}, name) for name in free}
    untuned = {name: [value] for name, value in values.items() if value is not MISSING}
    entries = []
    for item in form:
        entry, *rest = item if isinstance(item, tuple) else (item,)
        entry = entry or untuned
        if entry:
            varies = any(_varies(name, as_dimensions([entry])) for name in entry)
            entries.append((entry, *(rest if varies else [1])) if rest or not varies else entry)
    return entries


def _for_genetic(form: Config, held: Config) -> Config:
    """With a constant beside a single hyperparameter, which sklearn-genetic-opt cannot mate."""
    if len(form) > 1 or not held:
        return form
    name = next(iter(held))
    constant = optional("sklearn_genetic.space", "genetic").Categorical([held[name]])
    return {**form, name: constant}


def _smaller_starts(starts: Sequence[Config], form: Config, held: Config) -> list[Config]:
    """Where sklearn-genetic-opt begins, once each, without what is held, unless it must be there."""
    smaller = [
        {name: held.get(name, start.get(name)) for name in form}
        for start in starts
        if all(name in held or name in start for name in form)
    ]
    return list({value_key(start): start for start in smaller}.values())


def _fewer_draws(search: Any, attribute: str, form: Any) -> dict[str, int]:
    """Numbers of draws where there are not as many configurations, of which scikit-learn would warn."""
    given = search.get_params(deep=False)
    drawn = {name: given[name] for name in DRAWS if isinstance(given.get(name), int)}
    dicts = [form] if isinstance(form, Mapping) else form
    if (
        attribute == "search_spaces"
        or not drawn
        or any(hasattr(values, "rvs") for entry in dicts for values in entry.values())
    ):
        return {}
    n_configs = len(ParameterGrid(form))
    return {name: n_configs for name, number in drawn.items() if number > n_configs}


def _fresh_study(study: Any) -> Any:
    """An Optuna study without trials, with copies of the sampler and the pruner."""
    sampler = copy.deepcopy(study.sampler)
    for name, value in vars(sampler).items():
        # What it has learnt of the space of the old trials.
        if type(value).__module__.startswith("optuna.search_space") and hasattr(value, "calculate"):
            setattr(sampler, name, type(value)(include_pruned=True))
    return optional("optuna", "optuna").create_study(
        direction=study.direction, sampler=sampler, pruner=copy.deepcopy(study.pruner)
    )
