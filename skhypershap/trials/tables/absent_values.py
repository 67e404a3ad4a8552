"""Empty cells that may have been None: which of them were, and which had no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from skhypershap.space.value_keys import value_key
from skhypershap.trials.inferred_space import FEW, unexplained_names

Config = dict[str, Any]
LEVEL = 0.01  # probability that cells are empty by chance where None was a value
ABSENT = object()  # the key of a hyperparameter that a trial lacks


class Inactive(NamedTuple):
    """Where a hyperparameter has no value: at some values of another one.

    Attributes
    ----------
    parent : str or None
        The other one; None if the hyperparameter always has a value.
    keys : frozenset
        Keys of the values of `parent`.
    """

    parent: str | None = None
    keys: frozenset[Any] = frozenset()

    def holds(self, config: Mapping[str, Any]) -> bool:
        """Whether it has no value in a trial."""
        return self.parent is not None and _key(config, self.parent) in self.keys


def fill_none(
    configs: Sequence[Config], names: Iterable[str], *, evidence: int
) -> dict[str, Inactive]:
    """Set None where a cell is empty that may have been None, and no condition explains its absence.

    If all cells are empty at some values of another hyperparameter, and that is no chance, there is no
    value there, and the other empty cells were None. One name at a time, because a None that is set
    may be what another absence depends on.

    Returns
    -------
    dict of str to Inactive
        The names with None, and where they have no value.
    """
    filled: dict[str, Inactive] = {}
    for name in names:
        if all(name in config for config in configs) or not any(name in c for c in configs):
            continue
        if name in unexplained_names(configs, evidence=evidence):
            filled[name] = _inactive(name, configs)
            for config in configs:
                if not filled[name].holds(config):
                    config.setdefault(name, None)
    return filled


def fill_failed(
    scored: Sequence[Config], failed: Sequence[Config], filled: Mapping[str, Inactive]
) -> None:
    """Set None in failed trials, too, if they are complete otherwise: then they did not fail before."""
    always = {name for name in scored[0] if all(name in config for config in scored)}
    for config in failed:
        if always - set(filled) <= set(config):
            for name, inactive in filled.items():
                if not inactive.holds(config):
                    config.setdefault(name, None)


def _inactive(name: str, configs: Sequence[Config]) -> Inactive:
    """Where a hyperparameter has no value: at the values of another one without a given cell.

    There must be so many trials with one of these values that chance does not explain it: at the other
    values fewer cells are empty.
    """
    others = [other for other in dict.fromkeys(key for c in configs for key in c) if other != name]
    for other in others:
        cells: dict[Any, list[bool]] = {}
        for config in configs:
            cells.setdefault(_key(config, other), []).append(name in config)
        repeated = len(cells) <= FEW and 2 * len(cells) <= len(configs)
        if not repeated or any(cells.get(ABSENT, ())):
            continue
        beside = [given for row in cells.values() if any(row) for given in row]
        rate = (beside.count(False) + 1) / (len(beside) + 2)
        chance = LEVEL / (len(cells) * len(others))
        without = {key: len(row) for key, row in cells.items() if not any(row)}
        if any(rate**n_trials < chance for n_trials in without.values()):
            return Inactive(other, frozenset(without))
    return Inactive()


def _key(config: Mapping[str, Any], name: str) -> Any:
    return value_key(config[name]) if name in config else ABSENT
