"""Ratios, measured in one run: the kernel against one `predict` per coalition, indices against shapiq.

    .venv/bin/python benchmarks/coalitions.py

The forest has 100 trees grown fully on 1,000 trials of a smooth function plus an interaction; 10,000
candidates are blended with one baseline. Both sides use one thread. For d > 6 the rival's time is
extrapolated from its first 64 coalitions, which cost the same as any others.
"""

from __future__ import annotations

import time

import numpy as np
from shapiq import ExactComputer

from skhypershap.interactions import exact_interactions
from skhypershap.surrogate import fit_surrogate

N_TRIALS, N_CANDIDATES, TIMED_COALITIONS = 1_000, 10_000, 64


def seconds(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def kernel_against_predict(n_players):
    random = np.random.default_rng(0)
    vectors = random.random((N_TRIALS, n_players))
    scores = np.sin(3 * vectors).sum(axis=1) + 2 * vectors[:, 0] * vectors[:, 1]
    surrogate = fit_surrogate(None, vectors, scores, seed=0)
    candidates, baseline = random.random((N_CANDIDATES, n_players)), vectors[0]
    players = np.arange(n_players)

    def best_of_all_coalitions():
        best = np.full(2**n_players, -np.inf)
        for coalitions, _, block in surrogate.coalition_blocks(candidates, baseline, players):
            best[coalitions] = np.maximum(best[coalitions], block.max(axis=1))
        return best

    def best_by_predict(numbers):
        members = (numbers[:, None] >> players & 1).astype(bool)
        return [surrogate.predict(np.where(row, candidates, baseline)).max() for row in members]

    best_of_all_coalitions()  # compile
    ours, best = seconds(best_of_all_coalitions)
    numbers = np.arange(2**n_players)[:TIMED_COALITIONS]
    theirs, some = seconds(lambda: best_by_predict(numbers))
    assert np.abs(best[numbers] - some).max() < 1e-9
    return ours, theirs * 2**n_players / len(numbers)


def indices_against_shapiq(n_players):
    gains = np.random.default_rng(0).normal(scale=0.1, size=2**n_players)
    gains[0] = 0
    powers = 1 << np.arange(n_players)
    computer = ExactComputer(n_players=n_players, game=lambda members: gains[members @ powers])
    ours, found = seconds(lambda: exact_interactions(gains, "FSII", 2))
    theirs, expected = seconds(lambda: computer("FSII", 2))
    assert max(abs(found[key] - value) for key, value in expected.interactions.items()) < 1e-7
    return ours, theirs


def main():
    print("| what | d | ours, s | rival, s | ratio |")
    print("|---|---|---|---|---|")
    for n_players in (4, 6, 8, 10, 12):
        ours, theirs = kernel_against_predict(n_players)
        name = "all coalitions, against predict"
        print(f"| {name} | {n_players} | {ours:.2f} | {theirs:.1f} | {theirs / ours:.0f} |")
    for n_players in (8, 10, 12):
        ours, theirs = indices_against_shapiq(n_players)
        name = "FSII of order 2, against ExactComputer"
        print(f"| {name} | {n_players} | {ours:.4f} | {theirs:.2f} | {theirs / ours:.0f} |")


if __name__ == "__main__":
    main()
