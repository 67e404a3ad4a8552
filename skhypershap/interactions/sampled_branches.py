"""Interactions of a game that several choices split into branches, from sampled coalitions.

Values of coalitions are known exactly, from the tables of small games, so thousands of coalitions cost
less than a second. Players join with the probability of a node of `quadrature`; roots are not sampled,
both sides of each are known. For each sample the derivatives by all players are computed. A pair's
derivative is the mean of one player's times how much the other one is in: for independent players
E[(1_j - z) / (z (1 - z)) g] is the expected derivative of g by j.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Coalitions, Floats, Integers
from skhypershap.games.branch_games import BranchGames, gains_of
from skhypershap.games.branches import Key
from skhypershap.interactions.indices import Interactions, definition_at, interactions_of
from skhypershap.interactions.quadrature import Quadrature, quadrature

BATCHES = 8  # whose differences estimate the error
SAMPLES = 64  # of a batch and node in a round, on average
ROUNDS = 6
TARGET = 0.005  # standard error, as a fraction of the largest value, at which rounds end


class Sampled(NamedTuple):
    """Estimated interactions.

    Attributes
    ----------
    interactions : dict of tuple of int to float
        As of `exact_interactions`.
    error : float
        The largest standard error of an interaction.
    budget : int
        How many coalitions were sampled.
    """

    interactions: Interactions
    error: float
    budget: int


def sampled_interactions(
    games: BranchGames, n_players: int, index: str, order: int, seed: int
) -> Sampled:
    """Estimate interactions up to order 2.

    Parameters
    ----------
    games : BranchGames
        With any number of roots.
    n_players, index, order
        As for `exact_interactions`.
    seed : int
        Seeds the samples.
    """
    definition, order = definition_at(index, order)
    rule = quadrature(index, order, n_players)
    generator = np.random.default_rng([seed, n_players])
    sides = _sides(games)
    players = interactions_of(n_players, order)
    sizes = _samples_of_nodes(rule)
    estimates: list[Floats] = []
    for _ in range(ROUNDS):
        sums = _Estimate(n_players, rule)
        for node, size in enumerate(sizes):
            coalitions = generator.random((BATCHES * size, n_players)) < rule.nodes[node]
            sums.add(node, sides, games, coalitions)
        estimates.append(sums.values(players))
        values = np.mean(estimates, axis=0)  # of shape (batches, interactions)
        errors = values.std(axis=0, ddof=1) / np.sqrt(BATCHES)
        mean = values.mean(axis=0)
        if errors.max() <= TARGET * np.abs(mean).max():
            break
    if definition.efficient:
        gain = float(games.gains(np.ones((1, n_players), dtype=bool))[0])
        mean = _summing_to(gain, mean, errors)
    found: Interactions = {(): 0.0 if definition.fits_baseline else sums.empty}
    found.update(zip(players, mean.tolist(), strict=True))
    budget = len(estimates) * BATCHES * int(sizes.sum())
    return Sampled(found, float(errors.max()), budget)


def _samples_of_nodes(rule: Quadrature) -> Integers:
    """How many samples of a batch each node gets: more where its weight is larger."""
    weight = np.sum([np.abs(weights) for weights in rule.weights[1:]], axis=0)
    share = 0.25 + 0.75 * weight * len(weight) / weight.sum()
    sizes: Integers = np.ceil(SAMPLES * share).astype(int)
    return sizes


def _summing_to(gain: float, values: Floats, errors: Floats) -> Floats:
    """Spread what is missing from the gain, most on the least certain values."""
    weights = errors**2
    if not weights.sum() > 0:
        return values
    corrected: Floats = values + (gain - values.sum()) * weights / weights.sum()
    return corrected


class _Side(NamedTuple):
    """The small games that are played where some roots are tuned.

    Attributes
    ----------
    tuned : tuple of bool
        Which roots.
    keys : list of Key
        Of the small games.
    tables : ndarray of shape (n_moments, n_games, longest)
        Their values, or mass times means and squares.
    bits : ndarray of shape (n_games, n_players), dtype int64
        The bit of each player in positions of each game, 0 for players that it does not have.
    """

    tuned: tuple[bool, ...]
    keys: list[Key]
    tables: Floats
    bits: Integers


def _sides(games: BranchGames) -> list[_Side]:
    """All combinations of roots that are tuned or not."""
    sides = []
    n_players = 1 + max(
        max([root.player, *itertools.chain(*root.branches), *games.branches.shared])
        for root in games.branches.roots
    )
    for tuned in itertools.product([False, True], repeat=len(games.branches.roots)):
        keys = list(games.tuned_keys(tuned))
        small = [games.small[key] for key in keys]
        bits = np.zeros((len(keys), n_players), dtype=np.int64)
        tables = np.zeros(
            (2 if games.is_variance else 1, len(keys), max(len(g.values) for g in small))
        )
        for row, game in enumerate(small):
            bits[row, list(game.players)] = 1 << np.arange(len(game.players))
            parts = [game.mass * game.means, game.mass * game.squares]
            for moment, part in enumerate(parts if games.is_variance else [game.values]):
                tables[moment, row, : len(part)] = part
        sides.append(_Side(tuned, keys, tables, bits))
    return sides


def _gains_and_slopes(
    games: BranchGames, side: _Side, coalitions: Coalitions
) -> tuple[Floats, Floats]:
    """Gains of shape (n_coalitions,), and derivatives of shape (n_players, n_coalitions)."""
    at = side.bits @ coalitions.T.astype(np.int64)
    rows = np.arange(len(side.keys))[:, None]
    now = side.tables[:, rows, at]
    gains = _joined(games, now)
    slopes = np.zeros((side.bits.shape[1], len(coalitions)))
    rest_of: dict[bytes, Floats] = {}
    for player in np.flatnonzero(side.bits.any(axis=0)):
        affected = side.bits[:, player] > 0
        group = affected.tobytes()
        if group not in rest_of:
            rest_of[group] = _reduced(games, now[:, ~affected])
        some = np.flatnonzero(affected)
        flipped = side.tables[:, some[:, None], at[some] ^ side.bits[some, player, None]]
        parts = np.stack([_reduced(games, flipped), rest_of[group]], axis=1)
        difference = _joined(games, parts) - gains
        slopes[player] = np.where(coalitions[:, player], -difference, difference)
    return gains, slopes


def _reduced(games: BranchGames, parts: Floats) -> Floats:
    """Several small games as one, of shape (n_moments, n_coalitions)."""
    found: Floats = parts.sum(axis=1) if games.is_variance else parts.max(axis=1, initial=-np.inf)
    return found


def _joined(games: BranchGames, parts: Floats) -> Floats:
    """Gains from the values of small games."""
    reduced = _reduced(games, parts)
    if games.is_variance:
        variance: Floats = np.maximum(reduced[1] - reduced[0] ** 2, 0.0)
        return variance
    return gains_of(games, reduced[0])


class _Estimate:
    """Sums over nodes, for each batch."""

    def __init__(self, n_players: int, rule: Quadrature) -> None:
        self.rule = rule
        self.empty = 0.0
        self.singles = np.zeros((BATCHES, n_players))
        self.pairs = np.zeros((BATCHES, n_players, n_players))

    def add(
        self, node: int, sides: list[_Side], games: BranchGames, coalitions: Coalitions
    ) -> None:
        """Add the samples of one node."""
        z, weights = self.rule.nodes[node], [part[node] for part in self.rule.weights]
        roots = [root.player for root in games.branches.roots]
        n_players = coalitions.shape[1]
        means = np.zeros((n_players, len(coalitions)))
        for side in sides:
            gains, some = _gains_and_slopes(games, side, coalitions)
            slopes = np.zeros_like(means)
            slopes[: len(some)] = some
            chances = np.where(side.tuned, z, 1 - z)
            signs = np.where(side.tuned, 1.0, -1.0)
            means += chances.prod() * slopes
            self.empty += weights[0] * chances.prod() * gains.mean()
            for at, root in enumerate(roots):
                chance = signs[at] * np.delete(chances, at).prod()
                self.singles[:, root] += weights[1] * chance * _by_batch(gains)
                if len(weights) > 2:
                    found = weights[2] * chance * _by_batch(slopes)
                    self.pairs[:, root] += found
                    self.pairs[:, :, root] += found
            if len(weights) > 2:
                for one, two in itertools.combinations(range(len(roots)), 2):
                    chance = signs[one] * signs[two] * np.delete(chances, [one, two]).prod()
                    found = weights[2] * chance * _by_batch(gains)
                    self.pairs[:, roots[one], roots[two]] += found
                    self.pairs[:, roots[two], roots[one]] += found
        self.singles += weights[1] * _by_batch(means)
        if len(weights) > 2:
            self._add_pairs(z, weights[2], means, coalitions, roots)

    def _add_pairs(
        self, z: float, weight: float, slopes: Floats, coalitions: Booleans, roots: list[int]
    ) -> None:
        """Add pairs of players that are no roots, from derivatives by one of them."""
        presence = (coalitions.T - z) / (z * (1 - z))
        presence[roots] = 0.0
        shape = (len(slopes), BATCHES, -1)
        slopes = slopes.reshape(shape).transpose(1, 0, 2)
        slopes = slopes - slopes.mean(axis=2, keepdims=True)
        presence = presence.reshape(shape).transpose(1, 2, 0)
        found = slopes @ presence / (presence.shape[1] - 1)
        self.pairs += weight * (found + found.transpose(0, 2, 1)) / 2

    def values(self, players: list[tuple[int, ...]]) -> Floats:
        """Estimates of shape (BATCHES, n_interactions)."""
        columns = [
            self.singles[:, some[0]] if len(some) == 1 else self.pairs[:, some[0], some[1]]
            for some in players
        ]
        return np.stack(columns, axis=1)


def _by_batch(values: Floats) -> Floats:
    """Means over the samples of each batch, which come first in the result."""
    means: Floats = values.reshape(*values.shape[:-1], BATCHES, -1).mean(axis=-1)
    return np.moveaxis(means, -1, 0)
