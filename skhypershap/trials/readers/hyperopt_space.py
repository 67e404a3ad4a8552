"""From the search space of hyperopt's `fmin` to a ConfigurationSpace with conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import InCondition, OrConjunction
from ConfigSpace.hyperparameters import CategoricalHyperparameter, Hyperparameter
from scipy.stats import lognorm, loguniform, norm, randint, uniform

from skhypershap._compat import class_names, optional
from skhypershap.space.distributions import Weighted, hyperparameter_from
from skhypershap.trials.rounded import rounded

NODE = "hyperopt.pyll.base.Apply"
# From the arguments of hyperopt's distributions to scipy's; a q before the name rounds to steps.
DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    "uniform": lambda low, high: uniform(low, high - low),
    "loguniform": lambda low, high: loguniform(math.exp(low), math.exp(high)),
    "normal": lambda mu, sigma: norm(mu, sigma),
    "lognormal": lambda mu, sigma: lognorm(sigma, scale=math.exp(mu)),
}


def _pyll() -> Any:
    """The part of hyperopt that handles expressions."""
    return optional("hyperopt.pyll", "hyperopt")


Path = tuple[tuple[str, int], ...]  # choices on the way to a hyperparameter, each with its option


@dataclass
class Label:
    """What a search space says of one label: how it is drawn, its options, and where it is used."""

    distribution: Any
    options: list[Any] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)

    @property
    def plain(self) -> bool:
        """Whether no option has a hyperparameter in it."""
        return not any(
            node.name == "hyperopt_param" for item in self.options for node in _pyll().dfs(item)
        )


def is_expression(space: Any) -> bool:
    """Whether there is a hyperopt expression in a space, however deep."""
    if isinstance(space, (list, tuple)):
        return any(map(is_expression, space))
    if isinstance(space, Mapping) and not isinstance(space, ConfigurationSpace):
        return any(map(is_expression, space.values()))
    return NODE in class_names(space)


def space_of_expression(expression: Any) -> tuple[ConfigurationSpace, dict[str, list[Any]]]:
    """Build the space of an expression, and list for each choice what its indices stand for."""
    labels: dict[str, Label] = {}
    _collect(_pyll().as_apply(expression), (), labels)
    options = {name: _option_values(label) for name, label in labels.items() if label.options}
    space = ConfigurationSpace()
    space.add([_hyperparameter(name, label, options) for name, label in labels.items()])
    for name, label in labels.items():
        paths = _simplified(label.paths, labels)
        if () not in paths:
            space.add(_condition(space, name, paths, options))
    return space, options


def _collect(node: Any, path: Path, labels: dict[str, Label]) -> None:
    """Find all labels; hyperopt's own expr_to_config does so, too, but fails on hp.pchoice."""
    children = node.inputs()
    if node.name == "hyperopt_param":
        label = labels.setdefault(node.arg["label"].obj, Label(node.arg["obj"]))
        label.paths.add(path)
    elif node.name == "switch":
        choice, options = children[0].arg["label"].obj, children[1:]
        _collect(children[0], path, labels)
        labels[choice].options = options
        for index, option in enumerate(options):
            _collect(option, (*path, (choice, index)), labels)
    else:
        for child in children:
            _collect(child, path, labels)


def _option_values(label: Label) -> list[Any]:
    """What the options of a choice are called: see the reader."""
    if label.plain:
        return [_pyll().rec_eval(option) for option in label.options]
    texts = [_texts(option) for option in label.options]
    for place in texts[0]:
        names = [inside.get(place) for inside in texts]
        if None not in names and len(set(names)) == len(names):
            return names
    return list(range(len(texts)))


def _texts(option: Any) -> dict[Any, str]:
    """The texts right inside an option that is a dict, list or tuple, by key or position."""
    if option.name not in ("dict", "pos_args"):
        return {}
    inside = {key: getattr(node, "obj", None) for key, node in option.named_args}
    inside |= {at: getattr(node, "obj", None) for at, node in enumerate(option.pos_args)}
    return {place: text for place, text in inside.items() if isinstance(text, str)}


def _hyperparameter(name: str, label: Label, options: Mapping[str, list[Any]]) -> Hyperparameter:
    """Build one hyperparameter from what hyperopt draws."""
    kind = label.distribution.name
    nodes = {key: node for key, node in label.distribution.arg.items() if hasattr(node, "inputs")}
    arguments = {
        key: _pyll().rec_eval(node) for key, node in nodes.items() if key not in ("rng", "size")
    }
    if name in options:
        return _choice(name, options[name], arguments.get("p"), plain=label.plain)
    if kind == "randint":
        low, high = arguments["low"], arguments.get("high")
        return hyperparameter_from(name, [randint(0, low) if high is None else randint(low, high)])
    if kind.removeprefix("q") not in DISTRIBUTIONS:
        raise ValueError(
            f"The distribution of {name!r}, hyperopt's {kind!r}, is not known here. Describe the space "
            "with a ConfigurationSpace as space=."
        )
    step = arguments.pop("q", None)
    drawn = DISTRIBUTIONS[kind.removeprefix("q")](**arguments)
    return hyperparameter_from(name, [drawn if step is None else rounded(drawn, step)])


def _choice(name: str, values: list[Any], chances: Any, *, plain: bool) -> Hyperparameter:
    """Build a choice; options that are more than a value have no order, even where they are indices."""
    if len(values) > 1 and not plain:
        return CategoricalHyperparameter(name, values, weights=chances)
    return hyperparameter_from(name, [values if chances is None else Weighted(values, chances)])


def _simplified(paths: set[Path], labels: Mapping[str, Label]) -> set[Path]:
    """Join the paths through all options of a choice: what is in each of them does not depend on it."""
    for *before, (choice, _) in filter(None, paths):
        every = {(*before, (choice, index)) for index in range(len(labels[choice].options))}
        if every <= paths:
            return _simplified(paths - every | {tuple(before)}, labels)
    return paths


def _condition(
    space: ConfigurationSpace, name: str, paths: set[Path], options: Mapping[str, list[Any]]
) -> InCondition | OrConjunction:
    """Say for which options a hyperparameter is active.

    The last choice of each path is enough: hyperopt lets a label have one node only, so what is in an
    option is there wherever its choice is, and an active choice has fulfilled its own conditions.
    """
    ends: dict[str, list[int]] = {}
    for choice, index in sorted({path[-1] for path in paths}):
        ends.setdefault(choice, []).append(index)
    parts = [
        InCondition(space[name], space[choice], [options[choice][index] for index in indices])
        for choice, indices in ends.items()
    ]
    return OrConjunction(*parts) if len(parts) > 1 else parts[0]
