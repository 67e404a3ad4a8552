"""Columns of a space that conditions link, which a process sees as one factor."""

from __future__ import annotations

from ConfigSpace import ConfigurationSpace

MOST_LINKED = 8  # columns of one factor in the default model


def linked_columns(space: ConfigurationSpace) -> list[list[int]]:
    """Sets of columns that are linked by conditions, directly or through others, ascending.

    Examples
    --------
    >>> from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
    >>> space = ConfigurationSpace()
    >>> a, b, c = Categorical("a", [0, 1]), Float("b", (0, 1)), Float("c", (0, 1))
    >>> space.add(a, b, c, EqualsCondition(c, a, 1))
    >>> linked_columns(space)
    [[0, 2]]
    """
    group = list(range(len(space)))
    for child in space:
        for parent in space.parents_of[child]:
            old, new = group[space.index_of[child]], group[space.index_of[parent.name]]
            group = [new if one == old else one for one in group]
    sets = [[at for at, one in enumerate(group) if one == name] for name in sorted(set(group))]
    return sorted(columns for columns in sets if len(columns) > 1)


def are_few(space: ConfigurationSpace) -> bool:
    """Whether no more columns are linked than one factor of the default model may have."""
    return all(len(columns) <= MOST_LINKED for columns in linked_columns(space))
