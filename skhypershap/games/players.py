"""Players: single hyperparameters, or groups that join a coalition together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from skhypershap.errors import shown, unknown_name
from skhypershap.space.encoding import player_names

STEP = "step"


def players_of(space: ConfigurationSpace, groups: Any = None) -> dict[str, tuple[str, ...]]:
    """Find the players and the hyperparameters of each, in space order.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        A hyperparameter with a single value is not a player.
    groups : dict of str to list of str, "step" or None
        Hyperparameters that are not named stay single players. "step": one player per step of a
        Pipeline, the part of a name before the first "__".

    Raises
    ------
    ValueError
        For an unknown hyperparameter or one named twice, and for a group that is empty, has no
        hyperparameter that varies, or has the name of a hyperparameter outside it.
    TypeError
        If `groups` is of another type.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.games.players import players_of
    >>> space = ConfigurationSpace({"svc__C": (0.1, 10.0), "svc__gamma": (0.1, 10.0), "n": (1, 5)})
    >>> players_of(space, "step")
    {'n': ('n',), 'svc': ('svc__C', 'svc__gamma')}
    """
    free = player_names(space)
    if groups is None:
        return {name: (name,) for name in free}
    if isinstance(groups, str) and groups == STEP:
        group_of = {name: name.split("__")[0] for name in free}
    else:
        group_of = {name: name for name in free} | _groups_of_names(space, groups)
    members: dict[str, tuple[str, ...]] = {}
    for name in free:
        members[group_of[name]] = (*members.get(group_of[name], ()), name)
    for group in groups if isinstance(groups, Mapping) else ():
        if group not in members:
            raise ValueError(
                f"The group {group!r} in groups has no hyperparameter that varies: "
                f"{', '.join(map(repr, groups[group]))}."
            )
    return members


def _groups_of_names(space: ConfigurationSpace, groups: Any) -> dict[str, str]:
    """The group of each hyperparameter that is named, by its name."""
    if isinstance(groups, str):
        raise unknown_name("groups", groups, [STEP])
    if not isinstance(groups, Mapping):
        raise TypeError(
            f"groups must be a dict of names to lists of hyperparameters, or {STEP!r}; got "
            f"{shown(groups)}."
        )
    group_of: dict[str, str] = {}
    for group, names in groups.items():
        if not isinstance(group, str) or not isinstance(names, (list, tuple, set, frozenset)):
            raise TypeError(
                f"groups must be a dict of names to lists of hyperparameters; it has {group!r}: "
                f"{shown(names)}."
            )
        if not names:
            raise ValueError(f"The group {group!r} in groups is empty; name its hyperparameters.")
        for name in names:
            if not isinstance(name, str) or name not in space:
                raise unknown_name(f"hyperparameter in the group {group!r} of groups:", name, space)
            if name in group_of:
                raise ValueError(
                    f"groups name {name!r} twice, in {group_of[name]!r} and {group!r}; a hyperparameter "
                    "belongs to one group."
                )
            group_of[name] = group
    for group in groups:
        if group in space and group not in groups[group]:
            raise ValueError(
                f"The group {group!r} in groups has the name of a hyperparameter outside it; give it "
                "another name, or put the hyperparameter into it."
            )
    return group_of
