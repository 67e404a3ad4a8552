"""Functions of hyperparameters whose true games can be computed, independently of skhypershap.

A configuration is a row of *units*: numbers in [0, 1], positions of ordered values divided by the last
position, positions of choices as they are. All trials, truths and measurements go through units, so
that a function never sees a value of the space.

A known function is `join(term_1, ..., term_K)`: each term reads a few columns, no column belongs to two
terms, and `join` increases in every argument. The maximum over any coalition is then the join of the
terms' own maxima, each found on a dense grid of at most four columns that is refined afterwards. The
variances of sensitivity come from scrambled Sobol points; `sensitivity_error` is their standard error.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    InCondition,
    Integer,
    OrdinalHyperparameter,
)
from scipy.stats import qmc

GRID_SIZES = {1: 2001, 2: 121, 3: 41, 4: 19}  # points per continuous column of a term
N_STARTS = 10  # best points of a grid that are refined
SOBOL_POINTS, SOBOL_REPLICATES = 1 << 12, 8


@dataclass(frozen=True)
class Column:
    """A hyperparameter: its name, its values, and where the baseline is, in units."""

    name: str
    baseline: float
    values: tuple = ()  # of ordered values or choices; empty for a float
    kind: str = "float"  # "float", "log", "int", "ordinal" or "choice"

    @property
    def top(self) -> float:
        return float(len(self.values) - 1) if self.kind == "choice" else 1.0

    def hyperparameter(self):
        default = self.value(self.baseline)
        if self.kind == "float":
            return Float(self.name, (0.0, 1.0), default=default)
        if self.kind == "log":
            return Float(self.name, (1e-4, 1.0), default=default, log=True)
        if self.kind == "int":
            return Integer(self.name, (self.values[0], self.values[-1]), default=default)
        if self.kind == "ordinal":
            return OrdinalHyperparameter(self.name, list(self.values), default_value=default)
        return Categorical(self.name, list(self.values), default=default)

    def value(self, unit):
        if self.values:
            return self.values[round(unit * (len(self.values) - 1) / self.top)]
        return 10.0 ** (4 * (float(unit) - 1)) if self.kind == "log" else float(unit)

    def unit(self, value):
        if self.values:
            return self.values.index(value) * self.top / (len(self.values) - 1)
        return float(np.log10(value) / 4 + 1) if self.kind == "log" else float(value)

    def spread(self, uniform):
        """Turn uniform numbers in [0, 1) into units that are distributed as the space samples them."""
        if not self.values:
            return uniform
        return np.floor(uniform * len(self.values)) * self.top / (len(self.values) - 1)

    def grid(self, n_points):
        return np.linspace(0, self.top, len(self.values) or n_points)


class Problem:
    """What known functions and full grids share; they differ in `evaluate` and in the true games."""

    name: str
    kind: str
    half: str
    columns: tuple[Column, ...]
    children: Mapping[int, tuple[int, tuple[int, ...]]]  # child: (parent, positions that activate)

    @property
    def n_players(self) -> int:
        return len(self.columns)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @cached_property
    def baseline_units(self):
        return np.array([column.baseline for column in self.columns])

    def prepare(self):
        """Compute the true games now; they are kept, and travel to other processes."""
        return self.true_tunability, self.true_sensitivity, self.spread_of_scores

    def space(self) -> ConfigurationSpace:
        space = ConfigurationSpace(seed=0)
        made = [column.hyperparameter() for column in self.columns]
        space.add(made)
        for child, (parent, positions) in self.children.items():
            values = [self.columns[parent].values[position] for position in positions]
            space.add(InCondition(made[child], made[parent], values))
        return space

    def inactive(self, units):
        """Which entries of units have no effect, since the parent's value switches them off."""
        off = np.zeros(units.shape, dtype=bool)
        for child, (parent, positions) in self.children.items():
            off[:, child] = ~np.isin(units[:, parent], positions)
        return off

    def legal(self, units):
        """Replace inactive entries by defaults, which are those of the baseline."""
        return np.where(self.inactive(units), self.baseline_units, units)

    def configs(self, units) -> list[dict]:
        off = self.inactive(units)
        return [
            {
                column.name: column.value(unit)
                for column, unit, hidden in zip(self.columns, row, rows_off, strict=True)
                if not hidden
            }
            for row, rows_off in zip(units, off, strict=True)
        ]

    def units(self, configs: Sequence[Mapping]):
        rows = [
            [
                column.unit(config[column.name]) if column.name in config else column.baseline
                for column in self.columns
            ]
            for config in map(dict, configs)
        ]
        return self.legal(np.array(rows, dtype=float))

    def baseline(self) -> dict:
        return self.configs(self.baseline_units[None])[0]

    def true_scores(self, configs):
        return self.evaluate(self.units(configs))

    @cached_property
    def spread_of_scores(self):
        """Standard deviation of scores, or what it would be without heavy tails if that is less."""
        scores = self.evaluate(self.sample(4_000, np.random.default_rng(0)))
        low, high = np.quantile(scores, (0.25, 0.75))
        return min(self.deviation, (high - low) / 1.349)

    def measured(self, configs, noise, seed):
        """True scores plus noise; the same configuration gets the same noise."""
        units = self.units(configs)
        keys = [zlib.crc32(row.tobytes()) for row in np.round(units, 9)]
        draws = [np.random.default_rng([seed, key]).normal() for key in keys]
        return self.evaluate(units) + noise * self.spread_of_scores * np.array(draws)

    def true_ablation(self, config):
        """Scores of all 2^d blends of a configuration and the baseline; bit i is column i."""
        inside = memberships(self.n_players)
        return self.evaluate(
            self.legal(np.where(inside, self.units([config]), self.baseline_units))
        )


def memberships(n_players):
    """Boolean array of shape (2^d, d): which players each coalition holds."""
    return (np.arange(1 << n_players)[:, None] >> np.arange(n_players) & 1).astype(bool)


def total(parts):
    return np.sum(parts, axis=0)


@dataclass
class KnownFunction(Problem):
    """A joined sum (or another increasing join) of terms of few columns each."""

    name: str
    kind: str
    half: str
    columns: tuple[Column, ...]
    terms: Sequence[tuple[tuple[int, ...], Callable]]  # columns, function of (n, columns) arrays
    join: Callable = total
    children: Mapping = field(default_factory=dict)

    def evaluate(self, units):
        units = self.legal(units)
        return self.join([term(*units[:, list(columns)].T) for columns, term in self.terms])

    def sample(self, n_trials, generator):
        """Random configurations as units, at most as many as there are."""
        return self.legal(self._spread(generator.random((n_trials, self.n_players))))

    def _spread(self, uniform):
        spread = [column.spread(uniform[:, place]) for place, column in enumerate(self.columns)]
        return np.stack(spread, axis=1)

    @cached_property
    def deviation(self):
        return float(np.sqrt(self.true_sensitivity[-1]))

    @cached_property
    def true_tunability(self):
        tables = [
            np.array([self._maximum(columns, term, free) for free in memberships(len(columns))])
            for columns, term in self.terms
        ]
        return self._joined(tables)

    def _joined(self, tables):
        """Join what each term attains with its part of every coalition."""
        inside = memberships(self.n_players)
        parts = []
        for (columns, _), table in zip(self.terms, tables, strict=True):
            parts.append(table[inside[:, list(columns)] @ (1 << np.arange(len(columns)))])
        return self.join(parts)

    def _maximum(self, columns, term, free):
        """Maximum of one term over its free columns: a dense grid, then smaller and smaller ones."""
        n_floats = sum(not self.columns[column].values for column in np.array(columns)[free])
        axes = [
            self.columns[column].grid(GRID_SIZES.get(n_floats, 0))
            if is_free
            else self.baseline_units[[column]]
            for column, is_free in zip(columns, free, strict=True)
        ]
        scores = self._on_grid(columns, term, axes)
        best = scores.max()
        for place in np.argsort(scores)[-N_STARTS:]:
            best = max(best, self._zoomed(columns, term, axes, free, place))
        return best

    def _on_grid(self, columns, term, axes):
        mesh = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
        return term(*self._legal_part(columns, mesh).T)

    def _legal_part(self, columns, part):
        """Legal units of some columns; conditions never leave a term."""
        if not set(columns) & set(self.children):
            return part
        units = np.tile(self.baseline_units, (len(part), 1))
        units[:, list(columns)] = part
        return self.legal(units)[:, list(columns)]

    def _zoomed(self, columns, term, axes, free, place):
        at = np.unravel_index(place, [*map(len, axes)])
        point = [axis[i] for axis, i in zip(axes, at, strict=True)]
        widths = [axis[1] - axis[0] if len(axis) > 1 else 0.0 for axis in axes]
        n_points = 9 if sum(width > 0 for width in widths) < 4 else 5
        best = -np.inf
        for _ in range(12):
            local = [
                np.clip(value + width * np.linspace(-1, 1, n_points), 0, 1)
                if is_free and not self.columns[column].values
                else np.array([value])
                for column, is_free, value, width in zip(columns, free, point, widths, strict=True)
            ]
            scores = self._on_grid(columns, term, local)
            at = np.unravel_index(scores.argmax(), [*map(len, local)])
            point = [axis[i] for axis, i in zip(local, at, strict=True)]
            best = max(best, scores.max())
            widths = [width / 2 for width in widths]
        return best

    @cached_property
    def _sensitivities(self):
        return np.array([self._variances(seed) for seed in range(SOBOL_REPLICATES)])

    @property
    def true_sensitivity(self):
        return self._sensitivities.mean(axis=0)

    @property
    def sensitivity_error(self):
        """Largest standard error of a coalition's variance, relative to the full variance."""
        deviations = self._sensitivities.std(axis=0, ddof=1) / np.sqrt(SOBOL_REPLICATES)
        return float(deviations.max() / self.true_sensitivity[-1])

    def _variances(self, seed):
        points = qmc.Sobol(self.n_players, scramble=True, seed=seed).random(SOBOL_POINTS)
        units = self.legal(self._spread(points))
        tables = []
        for columns, term in self.terms:
            part, fixed = units[:, list(columns)], self.baseline_units[list(columns)]
            blends = [np.where(free, part, fixed) for free in memberships(len(columns))]
            tables.append(np.array([term(*self._legal_part(columns, blend).T) for blend in blends]))
        inside = memberships(self.n_players)
        places = [
            inside[:, list(columns)] @ (1 << np.arange(len(columns))) for columns, _ in self.terms
        ]
        return np.array(
            [
                np.var(self.join([table[i] for table, i in zip(tables, row, strict=True)]))
                for row in zip(*places, strict=True)
            ]
        )


@dataclass
class FullGrid(Problem):
    """Scores of every configuration of a finite space; the true games are computed by brute force."""

    name: str
    kind: str
    half: str
    columns: tuple[Column, ...]
    scores: np.ndarray  # one axis per column
    children: Mapping = field(default_factory=dict)
    sensitivity_error = 0.0

    def positions(self, units):
        tops = np.array([column.top for column in self.columns])
        last = np.array(self.scores.shape) - 1
        return np.rint(units / tops * last).astype(int)

    def evaluate(self, units):
        return self.scores[tuple(self.positions(units).T)]

    def sample(self, n_trials, generator):
        places = generator.permutation(self.scores.size)[:n_trials]
        positions = np.stack(np.unravel_index(places, self.scores.shape), axis=1)
        tops = np.array([column.top for column in self.columns])
        return positions * tops / (np.array(self.scores.shape) - 1)

    @cached_property
    def deviation(self):
        return float(self.scores.std())

    @cached_property
    def true_tunability(self):
        return np.array([np.max(part) for part in self._parts()])

    @cached_property
    def true_sensitivity(self):
        return np.array([np.var(part) for part in self._parts()])

    def _parts(self):
        """What each coalition can reach."""
        fixed = self.positions(self.baseline_units[None])[0]
        for free in product((False, True), repeat=self.n_players):
            free = free[::-1]  # bit i of the coalition is column i
            index = tuple(slice(None) if f else i for f, i in zip(free, fixed, strict=True))
            yield self.scores[index]
