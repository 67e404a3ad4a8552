"""The search space of hyperopt's `fmin` as a ConfigurationSpace with conditions."""

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
# scipy's distribution for the arguments of hyperopt's; a q before the name rounds to steps.
DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    "uniform": lambda low, high: uniform(low, high - low),
    "loguniform": lambda low, high: loguniform(math.exp(low), math.exp(high)),
    "normal": lambda mu, sigma: norm(mu, sigma),
    "lognormal": lambda mu, sigma: lognorm(sigma, scale=math.exp(mu)),
}


def _pyll() -> Any:
    """The part of hyperopt that handles expressions."""
    return optional("hyperopt.pyll", "hyperopt")


# The choices around a hyperparameter, outermost first, each with the index of its option.
Branch = tuple[tuple[str, int], ...]


@dataclass
class Node:
    """A hyperparameter of a search space: its distribution, and where it is used.

    Attributes
    ----------
    distribution : hyperopt expression
        What its values are drawn from.
    options : list of hyperopt expressions
        Of a choice, in the order of its indices.
    branches : set of Branch
        The places at which it is used; the empty one is always active.
    """

    distribution: Any
    options: list[Any] = field(default_factory=list)
    branches: set[Branch] = field(default_factory=set)

    @property
    def plain(self) -> bool:
        """Whether no option contains a hyperparameter."""
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
    """Build the space of an expression, and list for each choice the values of its indices."""
    nodes: dict[str, Node] = {}
    _collect(_pyll().as_apply(expression), (), nodes)
    options = {name: _option_values(node) for name, node in nodes.items() if node.options}
    space = ConfigurationSpace()
    space.add([_hyperparameter(name, node, options) for name, node in nodes.items()])
    for name, node in nodes.items():
        branches = _merged(node.branches, nodes)
        if () not in branches:
            space.add(_condition(space, name, branches, options))
    return space, options


def _collect(expression: Any, branch: Branch, nodes: dict[str, Node]) -> None:
    """Find all hyperparameters; hyperopt's expr_to_config does so, too, but fails on hp.pchoice."""
    children = expression.inputs()
    if expression.name == "hyperopt_param":
        name = expression.arg["label"].obj
        nodes.setdefault(name, Node(expression.arg["obj"])).branches.add(branch)
    elif expression.name == "switch":
        choice, options = children[0].arg["label"].obj, children[1:]
        _collect(children[0], branch, nodes)
        nodes[choice].options = options
        for index, option in enumerate(options):
            _collect(option, (*branch, (choice, index)), nodes)
    else:
        for child in children:
            _collect(child, branch, nodes)


def _option_values(choice: Node) -> list[Any]:
    """The options of a choice, or their names or indices where they contain hyperparameters."""
    if choice.plain:
        return [_pyll().rec_eval(option) for option in choice.options]
    texts = [_texts_in(option) for option in choice.options]
    for key in texts[0]:
        names = [inside.get(key) for inside in texts]
        if None not in names and len(set(names)) == len(names):
            return names
    return list(range(len(texts)))


def _texts_in(option: Any) -> dict[Any, str]:
    """The strings directly inside an option that is a dict, list or tuple, by key or position."""
    if option.name not in ("dict", "pos_args"):
        return {}
    inside = {key: getattr(item, "obj", None) for key, item in option.named_args}
    inside |= {i: getattr(item, "obj", None) for i, item in enumerate(option.pos_args)}
    return {key: text for key, text in inside.items() if isinstance(text, str)}


def _hyperparameter(name: str, node: Node, options: Mapping[str, list[Any]]) -> Hyperparameter:
    """Build one hyperparameter from what hyperopt draws."""
    kind = node.distribution.name
    arguments = {
        key: _pyll().rec_eval(item)
        for key, item in node.distribution.arg.items()
        if hasattr(item, "inputs") and key not in ("rng", "size")
    }
    if name in options:
        return _choice(name, options[name], arguments.get("p"), plain=node.plain)
    if kind == "randint":
        low, high = arguments["low"], arguments.get("high")
        return hyperparameter_from(name, [randint(0, low) if high is None else randint(low, high)])
    if kind.removeprefix("q") not in DISTRIBUTIONS:
        raise ValueError(
            f"hyperopt's distribution {kind!r} of {name!r} cannot be read. Describe the space with a "
            "ConfigurationSpace as space=."
        )
    step = arguments.pop("q", None)
    drawn = DISTRIBUTIONS[kind.removeprefix("q")](**arguments)
    return hyperparameter_from(name, [drawn if step is None else rounded(drawn, step)])


def _choice(name: str, values: list[Any], probabilities: Any, *, plain: bool) -> Hyperparameter:
    """Build a choice; options with hyperparameters have no order, even if they go by their indices."""
    if len(values) > 1 and not plain:
        return CategoricalHyperparameter(name, values, weights=probabilities)
    source = values if probabilities is None else Weighted(values, probabilities)
    return hyperparameter_from(name, [source])


def _merged(branches: set[Branch], nodes: Mapping[str, Node]) -> set[Branch]:
    """Merge the branches through all options of a choice: such a use does not depend on it."""
    for *outer, (choice, _) in filter(None, branches):
        every = {(*outer, (choice, index)) for index in range(len(nodes[choice].options))}
        if every <= branches:
            return _merged(branches - every | {tuple(outer)}, nodes)
    return branches


def _condition(
    space: ConfigurationSpace,
    name: str,
    branches: set[Branch],
    options: Mapping[str, list[Any]],
) -> InCondition | OrConjunction:
    """The condition under which a hyperparameter is active.

    The last choice of each branch is enough: hyperopt lets a label have one node only, so that what is
    in an option is active wherever its choice is, and an active choice has fulfilled its conditions.
    """
    innermost: dict[str, list[int]] = {}
    for choice, index in sorted({branch[-1] for branch in branches}):
        innermost.setdefault(choice, []).append(index)
    parts = [
        InCondition(space[name], space[choice], [options[choice][index] for index in indices])
        for choice, indices in innermost.items()
    ]
    return OrConjunction(*parts) if len(parts) > 1 else parts[0]
