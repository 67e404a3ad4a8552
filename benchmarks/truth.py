"""How far are explanations from the truth? `python -m benchmarks truth [options]`.

Trials of functions whose true games are known (closed forms and full real grids) are explained by
several methods, and the explanations are compared with the true values. The problems are split in two
halves: surrogates are chosen on "develop"; published figures come from "report".

    --half develop|report|both   which problems (report)
    --quick                      four small problems, under a minute
    --methods a,b,...            of benchmarks.methods.METHODS (all but forest-random)
    --problems a,b,...           some problems only
    --noises, --sizes            noise and numbers of trials (0,0.1,0.25 and 60,200)
    --bootstrap N                draws for intervals (20; 0: none), on cells of the largest noise only
    --repetitions N              with other trials each (1)
    --reference NAME             the method that ratios refer to (forest)
    --jobs N                     processes (1)
    --out FILE                   all cells as CSV

Another candidate is measured from Python:

>>> from sklearn.ensemble import ExtraTreesRegressor                           # doctest: +SKIP
>>> from benchmarks.truth import evaluate, make_cells, method, report          # doctest: +SKIP
>>> cells = make_cells("develop", noises=(0.1,), sizes=(60,))                  # doctest: +SKIP
>>> found = evaluate({"extra trees": method(ExtraTreesRegressor(random_state=0))}, cells, n_jobs=2)
... # doctest: +SKIP
>>> print(report(found)[0].markdown())                                         # doctest: +SKIP

A method is any function of a `Cell` that returns a frame as `explain(list(cell.games), order=2)` does
(columns game, hyperparameters, value, and draw where there are intervals), or a dict of one frame per
game. A cell has `space()`, `configs`, `scores`, `baseline`, `baseline_score`, `config` (which ablations
explain), `measure(configs)`, `n_samples`, `seed` and `games`. `fitted(cell, **arguments)` and
`explained(explainer, cell)` are the usual two steps. `benchmarks.scores` defines the measures.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from benchmarks.cells import GAMES, NOISES, SIZES, Cell, make_cells
from benchmarks.common import Table
from benchmarks.methods import METHODS, NotAvailableError, explained, fitted, method
from benchmarks.scores import compare

__all__ = ["Cell", "evaluate", "explained", "fitted", "make_cells", "method", "report"]

KEYS = ["problem", "kind", "half", "n_players", "noise", "n_trials", "repetition"]
QUICK = ("smooth_5", "narrow_4", "cliff_5", "field_4")
NO_WORSE = 1.2
DEFAULT = [
    name for name in METHODS if name != "forest-random"
]  # hypershap's numbers, where it runs


def evaluate(
    methods: Mapping[str, Callable[[Cell], pd.DataFrame]],
    cells: Sequence[Cell],
    *,
    n_jobs: int = 1,
    reference: str | None = "forest",
) -> pd.DataFrame:
    """Measure methods on cells: one row per cell, game and method.

    `reference` is added to the methods if it is one of METHODS and not among them. Where a method is not
    available `unavailable` has the reason and the measures are missing.
    """
    if reference is not None and reference not in methods:
        methods = {reference: METHODS[reference], **methods}
    for cell in cells:
        cell.problem.prepare()
    run = delayed(_measured)
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(run(methods, cell) for cell in cells)
    shown = tqdm(parts, total=len(cells), desc="cells", disable=None)  # nothing in a file
    return pd.DataFrame([row for part in shown for row in part])


def _measured(methods, cell):
    rows = []
    for name, play in methods.items():
        key = {
            "problem": cell.problem.name,
            "kind": cell.problem.kind,
            "half": cell.problem.half,
            "n_players": cell.problem.n_players,
            "noise": cell.noise,
            "n_trials": cell.n_trials,
            "repetition": cell.repetition,
            "method": name,
        }
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of poor surrogates, which are measured here
                tables = _by_game(play(cell), cell.games)
        except NotAvailableError as reason:
            rows += [{**key, "game": game, "unavailable": str(reason)} for game in cell.games]
            continue
        seconds = time.perf_counter() - start
        for game, table in tables.items():
            scale = cell.scale(game)
            measures = compare(table, cell.truth(game), cell.names, scale)
            rows.append({**key, "game": game, "scale": scale, **measures, "seconds": seconds})
    return rows


def _by_game(found, games):
    if isinstance(found, Mapping):
        return {game: found[game] for game in games}
    return {game: found[found["game"] == game] for game in games}


def report(cells: pd.DataFrame, reference: str = "forest") -> list[Table]:
    """Two tables of an evaluation: errors, and intervals where there are any."""
    tables = [
        Table(
            "How far from the truth",
            f"Medians over cells. Ratio: error of singles to that of {reference} on the same trials; "
            f"in brackets the share of cells where it is at most {NO_WORSE}. Errors and bias are in "
            "units of the true gain (sensitivity: of the true variance).",
            [
                *("game", "method", "cells", "ratio, singles", "ratio, pairs", "error, singles"),
                *(
                    "error, pairs",
                    "bias",
                    "rank correlation",
                    "first right",
                    "first two",
                    "seconds",
                ),
            ],
            [_row(*group, cells, reference) for group in _groups(cells, "error_singles")],
        )
    ]
    if "coverage_singles" in cells:
        tables.append(
            Table(
                "What 90 % intervals hold",
                "Coverage is the mean over cells, interval score (smaller is better) the median.",
                [
                    *("game", "trials", "method", "cells", "singles", "pairs"),
                    *("score, singles", "score, pairs"),
                ],
                [
                    _interval_row(game, size, name, part)
                    for game, name, rows in _groups(cells, "coverage_singles")
                    for size, part in rows.groupby("n_trials")
                ],
            )
        )
    return tables


def _groups(cells, measure):
    order = {game: place for place, game in enumerate(GAMES)}
    there = cells.dropna(subset=[measure])
    groups = there.groupby(["game", "method"], sort=False)
    return sorted(((*key, rows) for key, rows in groups), key=lambda group: order[group[0]])


def ratios(rows, cells, measure, reference):
    """Ratio of a measure to the reference's on the same trials; 1 where both are nothing."""
    keys = [key for key in (*KEYS, "game") if key in cells]
    theirs = cells[cells["method"] == reference].set_index(keys)[measure]
    ours = rows.set_index(keys)[measure]
    theirs = theirs.reindex(ours.index)
    tiny = 1e-12
    return ((ours + tiny) / (theirs + tiny)).dropna()


def _row(game, name, rows, cells, reference):
    shown = []
    for measure in ("error_singles", "error_pairs"):
        ratio = ratios(rows, cells, measure, reference)
        shown.append(f"{ratio.median():.2f} ({(ratio <= NO_WORSE).mean():.0%})")
    return [
        *(game, name, len(rows), *shown),
        *(f"{rows[measure].median():.3f}" for measure in ("error_singles", "error_pairs")),
        f"{rows['bias'].median():+.2f}",
        f"{rows['rank_correlation'].median():.2f}",
        *(f"{rows[measure].mean():.0%}" for measure in ("top1", "top2")),
        f"{rows['seconds'].median():.2g}",
    ]


def _interval_row(game, size, name, rows):
    return [
        *(game, size, name, len(rows)),
        *(f"{rows[f'coverage_{size}'].mean():.0%}" for size in ("singles", "pairs")),
        *(f"{rows[f'interval_score_{size}'].median():.2f}" for size in ("singles", "pairs")),
    ]


def by_kind(cells, reference="forest"):
    """Ratios of tunability by kind of problem."""
    rows = []
    for (kind, name), part in cells[cells["game"] == "tunability"].groupby(["kind", "method"]):
        if name != reference and part["error_singles"].notna().any():
            ratio = ratios(part.dropna(subset=["error_singles"]), cells, "error_singles", reference)
            rows.append([kind, name, len(ratio), f"{ratio.median():.2f}", f"{ratio.max():.2f}"])
    columns = ["kind", "method", "cells", "median ratio", "worst"]
    return Table("Tunability by kind of problem", "Error of singles.", columns, rows)


def tables(quick=False):
    """What `python -m benchmarks` prints."""
    return _tables(_parsed(["--quick", "--problems", "narrow_4"] if quick else ["--jobs", "2"]))


def main(arguments):
    """Run with options of its own."""
    for table in _tables(_parsed(arguments)):
        print(table.markdown(), flush=True)


def numbers(kind):
    """Make a parser of numbers that are separated by commas."""
    return lambda text: tuple(map(kind, text.split(",")))


def _parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks truth")
    parser.add_argument("--half", choices=["develop", "report", "both"], default="report")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=DEFAULT)
    parser.add_argument("--problems", type=lambda text: text.split(","))
    parser.add_argument("--noises", type=numbers(float), default=NOISES)
    parser.add_argument("--sizes", type=numbers(int), default=SIZES)
    parser.add_argument("--bootstrap", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--reference", default="forest")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args(arguments)
    unknown = {*options.methods, options.reference} - set(METHODS)
    if unknown:
        parser.error(f"unknown methods: {', '.join(sorted(unknown))}; known: {', '.join(METHODS)}")
    return options


def _tables(options):
    methods = {name: METHODS[name] for name in options.methods}
    found = evaluate(methods, chosen(options), n_jobs=options.jobs, reference=options.reference)
    if options.out:
        found.to_csv(options.out, index=False)
    _print_unavailable(found)
    made = report(found, options.reference)
    return made if options.quick else [*made, by_kind(found, options.reference)]


def chosen(options):
    """Cells of a run: intervals where noise is largest, since they take most of the time."""
    if options.quick:
        shape = {"noises": (0.1,), "sizes": (40,), "names": options.problems or QUICK}
        cells = make_cells("both", **shape, n_bootstrap=min(options.bootstrap, 4))
        return [_smaller(cell) for cell in cells]
    cells = []
    for noise in options.noises:
        cells += make_cells(
            options.half,
            noises=(noise,),
            sizes=options.sizes,
            n_repetitions=options.repetitions,
            n_bootstrap=options.bootstrap if noise == max(options.noises) else 0,
            names=options.problems,
        )
    return cells


def _smaller(cell):
    return Cell(cell.problem, cell.noise, cell.n_trials, 0, cell.n_bootstrap, n_samples=500)


def _print_unavailable(found):
    if "unavailable" not in found:
        return
    missing = found.dropna(subset=["unavailable"]).drop(columns="game").drop_duplicates()
    for (name, reason), rows in missing.groupby(["method", "unavailable"], sort=False):
        n_cells = len(rows[KEYS].drop_duplicates())
        print(f"{name} is not available on {n_cells} cells: {reason}.\n")
