"""All trials of an Optuna study; those in a database are read table by table.

Optuna (4.0 to 5.0) makes an object of each row, and parses the distribution of each value: 100,000
trials of eight hyperparameters take it 30 CPU seconds and 2 GB, and 4 s and 0.6 GB here.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from skhypershap._compat import optional, optuna_database

ROWS = 10_000  # fetched at a time

Entries = dict[int, dict[Any, Any]]  # what a table has of each trial, by name or position


def all_trials(study: Any) -> list[Any]:
    """What `study.get_trials(deepcopy=False)` returns.

    Raises
    ------
    ValueError
        If Optuna cannot read them, as from a broken file.
    """
    try:
        return _trials_in(*optuna_database(study))
    except Exception:
        # Another kind of storage, another version of Optuna, or a broken file: Optuna reads the trials,
        # or finds the fault.
        return _read_by_optuna(study)


def _read_by_optuna(study: Any) -> list[Any]:
    try:
        trials: list[Any] = study.get_trials(deepcopy=False)
    except Exception as error:  # whatever a broken storage makes Optuna raise
        message = str(error).split("\n")[0]
        raise ValueError(
            f"Optuna cannot read the trials of study {study.study_name!r} ({type(error).__name__}: "
            f"{message})."
        ) from error
    return trials


def _trials_in(engine: Any, study_id: int, models: Any) -> list[Any]:
    """Trials of a study in a database, by number."""
    with optional("sqlalchemy.orm", "optuna").Session(engine) as session:
        # Trials come first: one that is complete by now has all its rows in the other tables.
        trials = session.query(models.TrialModel).filter_by(study_id=study_id).all()
        rows_of = functools.partial(_rows, session, models.TrialModel, study_id)
        return _frozen(sorted(trials, key=lambda trial: trial.number), models, rows_of)


def _rows(
    session: Any, trial_model: Any, study_id: int, model: Any, *columns: str
) -> Iterable[tuple[Any, ...]]:
    """Rows of a table in the order in which they were written: the trial's id, and the columns."""
    select = optional("sqlalchemy", "optuna").select
    table, trials = model.__table__, trial_model.__table__
    query = select(table.c.trial_id, *(table.c[name] for name in columns))
    query = query.join(trials, trials.c.trial_id == table.c.trial_id)
    query = query.where(trials.c.study_id == study_id).order_by(*table.primary_key)
    rows: Iterable[tuple[Any, ...]] = session.execute(query, execution_options={"yield_per": ROWS})
    return rows


def _frozen(
    trials: Iterable[Any], models: Any, rows_of: Callable[..., Iterable[tuple[Any, ...]]]
) -> list[Any]:
    """Optuna's trials of the rows of all tables."""
    make = optional("optuna.trial", "optuna").FrozenTrial
    value, report = models.TrialValueModel, models.TrialIntermediateValueModel
    values = _entries(
        rows_of(value, "objective", "value", "value_type"), value.stored_repr_to_value
    )
    reports = _entries(
        rows_of(report, "step", "intermediate_value", "intermediate_value_type"),
        report.stored_repr_to_intermediate_value,
    )
    user, system = (
        _entries(rows_of(model, "key", "value_json"), json.loads)
        for model in (models.TrialUserAttributeModel, models.TrialSystemAttributeModel)
    )
    params, distributions = _drawn(
        rows_of(models.TrialParamModel, "param_name", "param_value", "distribution_json")
    )
    return [
        make(
            number=trial.number,
            state=trial.state,
            value=None,
            values=[one for _, one in sorted(values.get(trial.trial_id, {}).items())] or None,
            datetime_start=trial.datetime_start,
            datetime_complete=trial.datetime_complete,
            params=params.get(trial.trial_id, {}),
            distributions=distributions.get(trial.trial_id, {}),
            user_attrs=user.get(trial.trial_id, {}),
            system_attrs=system.get(trial.trial_id, {}),
            intermediate_values=reports.get(trial.trial_id, {}),
            trial_id=trial.trial_id,
        )
        for trial in trials
    ]


def _entries(rows: Iterable[tuple[Any, ...]], made_of: Callable[..., Any]) -> Entries:
    """What is made of the cells of each row."""
    found: Entries = defaultdict(dict)
    for trial_id, key, *cells in rows:
        found[trial_id][key] = made_of(*cells)
    return found


def _drawn(rows: Iterable[tuple[Any, ...]]) -> tuple[Entries, Entries]:
    """Values of parameters, and the distributions they were drawn from; equal texts share one."""
    parsed = functools.cache(optional("optuna.distributions", "optuna").json_to_distribution)
    params: Entries = defaultdict(dict)
    distributions: Entries = defaultdict(dict)
    for trial_id, name, number, text in rows:
        distribution = distributions[trial_id][name] = parsed(text)
        params[trial_id][name] = distribution.to_external_repr(number)
    return params, distributions
