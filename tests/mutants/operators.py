"""Mutants of a module: those of cosmic-ray, the swap of min and max, and functions that do nothing."""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

OPPOSITES = {"min": "max", "minimum": "maximum", "argmin": "argmax", "any": "all"}
OPPOSITES |= {after: before for before, after in OPPOSITES.items()}
# Variables in the place of others make too many mutants, most of which cannot run.
LEFT_OUT = {"core/VariableInserter", "core/VariableReplacer", "core/RemoveDecorator"}


class Mutant(NamedTuple):
    """A changed module.

    Attributes
    ----------
    line : int
        Of the original module.
    name : str
        Of the operator.
    source : str
        The whole module after the change.
    """

    line: int
    name: str
    source: str


def sample(source: str, size: int, seed: int) -> list[Mutant]:
    """Draw mutants of one module: at most one for each place that can be changed."""
    rng = random.Random(seed)
    original = _meaning(source)
    sites = _sites(source)
    found: list[Mutant] = []
    for site in rng.sample(sorted(sites), len(sites)):
        name, occurrence = rng.choice(sites[site])
        mutated = _mutated(source, name, occurrence)
        if mutated is not None and _meaning(mutated) not in (original, None):
            found.append(Mutant(site[0], name, mutated))
        if len(found) == size:
            break
    return sorted(found)


def _sites(source: str) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """Line and column of each place, with the names of operators and their counts there."""
    tree = get_ast(source)
    sites = defaultdict(list)
    for name in operator_names():
        if name in LEFT_OUT:
            continue
        operator = get_operator(name)()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            sites[tuple(start)].append((name, occurrence))
    parsed = ast.parse(source)
    for name, operator in OPERATORS.items():
        for occurrence, node in enumerate(filter(operator.fits, ast.walk(parsed))):
            sites[node.lineno, node.col_offset].append((name, occurrence))
    left_out = _lines_of_settings(parsed)
    return {place: found for place, found in sites.items() if place[0] not in left_out}


def _lines_of_settings(tree: ast.Module) -> set[int]:
    """Lines such as `BATCH = 1 << 10`, which set how long something takes; no number is right."""
    plain = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Tuple, ast.Load)
    lines: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and all(isinstance(n, plain) for n in ast.walk(node.value)):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _mutated(source: str, name: str, occurrence: int) -> str | None:
    if name not in OPERATORS:
        return mutate_code(source, get_operator(name)(), occurrence)
    tree, operator = ast.parse(source), OPERATORS[name]
    operator.change([node for node in ast.walk(tree) if operator.fits(node)][occurrence])
    return ast.unparse(tree)


def _meaning(source: str) -> str | None:
    """What is run: without annotations, docstrings and numbers of lines; None where it is no Python."""
    try:
        return ast.dump(_Bare().visit(ast.parse(source)))
    except SyntaxError:
        return None


class _Bare(ast.NodeTransformer):
    """Removes what the interpreter does not run."""

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node):
        is_for_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if is_for_types else self.generic_visit(node)


class SwapOpposites:
    """max for min, argmax for argmin, all for any, and the other way round."""

    @staticmethod
    def fits(node: ast.AST) -> bool:
        return getattr(node, "id", getattr(node, "attr", None)) in OPPOSITES

    @staticmethod
    def change(node: ast.AST) -> None:
        field = "id" if isinstance(node, ast.Name) else "attr"
        setattr(node, field, OPPOSITES[getattr(node, field)])


class DoNothing:
    """A function that returns its first argument as it is, or None; not one of a Protocol."""

    @staticmethod
    def fits(node: ast.AST) -> bool:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("__"):
            return False
        return ast.get_docstring(node) is None or len(node.body) > 1

    @staticmethod
    def change(node: ast.FunctionDef) -> None:
        names = [arg.arg for arg in node.args.args if arg.arg not in ("self", "cls")]
        returns = not (isinstance(node.returns, ast.Constant) and node.returns.value is None)
        value = ast.Name(names[0], ast.Load()) if names and returns else ast.Constant(None)
        node.body = [ast.Return(value)]


OPERATORS = {"SwapOpposites": SwapOpposites, "DoNothing": DoNothing}
