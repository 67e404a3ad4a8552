"""Hyperparameters that are a function of one other, so that they cannot be tuned alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from skhypershap.errors import SpaceWarning, warn
from skhypershap.space.value_keys import is_number, value_key

LEAST_REPEATS = 8  # of values of the other one
LEAST_NUMBERS = 12  # that differ, where no value repeats

Config = Mapping[str, Any]


def derived_names(configs: Sequence[Config]) -> dict[str, str]:
    """Find hyperparameters that are a function of one other in all trials.

    Equal values of the other one always come with equal values, so often among different configurations
    that chance does not explain it; or both are numbers, and order the trials in the same way or in
    opposite ways.

    Parameters
    ----------
    configs : sequence of mapping
        One per trial.

    Returns
    -------
    dict of str to str
        The other hyperparameter, by the name of the one that follows it. Of two that follow each other
        the first stays.

    Examples
    --------
    >>> from skhypershap.trials.derived import derived_names
    >>> derived_names([{"rate": 2.0**k, "log_rate": k, "n": k % 5} for k in range(20)])
    {'log_rate': 'rate'}
    """
    found: dict[str, str] = {}
    if not configs:
        return found
    names = [name for name in configs[0] if all(name in config for config in configs)]
    columns = {name: [value_key(config[name]) for config in configs] for name in names}
    rows = _distinct(columns.values())
    keys = {name: [column[row] for row in rows] for name, column in columns.items()}
    repeated = {name for name in names if len(rows) - len(set(keys[name])) >= LEAST_REPEATS}
    ranks = {name: _ranks([configs[row][name] for row in rows]) for name in names}
    for name in reversed(names):
        for other in names:
            if other == name or other in found:
                continue
            follows = other in repeated and _follows(keys[name], keys[other])
            if follows or _same_order(ranks[name], ranks[other]):
                found[name] = other
                break
    return {name: found[name] for name in names if name in found}


def _distinct(columns: Iterable[Sequence[Hashable]]) -> list[int]:
    """One of the rows that are equal: a configuration that ran at ten budgets repeats all its values."""
    return list({keys: row for row, keys in enumerate(zip(*columns, strict=True))}.values())


def _follows(keys: Sequence[Hashable], others: Sequence[Hashable]) -> bool:
    """Whether equal values of another one come with equal values, often enough.

    Trials with the commonest value do not count: where an optimizer has settled, all values repeat.
    """
    value_of: dict[Hashable, Hashable] = {}
    if any(value_of.setdefault(other, key) != key for key, other in zip(keys, others, strict=True)):
        return False
    ((commonest, _),) = Counter(keys).most_common(1)
    counts = Counter(other for key, other in zip(keys, others, strict=True) if key != commonest)
    return counts.total() - len(counts) >= LEAST_REPEATS


def _ranks(values: Sequence[Any]) -> np.ndarray | None:
    """Ranks of numbers, if many differ."""
    if not all(map(is_number, values)) or len(set(values)) < LEAST_NUMBERS:
        return None
    ranks: np.ndarray = rankdata(np.asarray(values, dtype=float))
    return ranks


def _same_order(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    """Whether two columns order the trials alike, or one in the opposite way."""
    if first is None or second is None:
        return False
    return np.array_equal(first, second) or np.array_equal(first, len(first) + 1 - second)


def without_derived(
    configs: Sequence[Config], shown: Sequence[Config] | None = None
) -> list[dict[str, Any]]:
    """Configurations without what is a function of one other hyperparameter; a warning names it.

    Parameters
    ----------
    configs : sequence of mapping
        One per trial.
    shown : sequence of mapping, optional
        Those of them that show it; the others may lack values. All by default.
    """
    derived = derived_names(configs if shown is None else shown)
    if derived:
        named = ", ".join(f"{name} (of {other})" for name, other in derived.items())
        warn(
            f"In all trials a function of one other hyperparameter, so not a player: {named}. Pass the "
            "space as space= to keep it.",
            SpaceWarning,
        )
    return [
        {name: value for name, value in config.items() if name not in derived} for config in configs
    ]
