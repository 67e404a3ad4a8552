"""The command: `skhypershap SOURCE` prints the answer in words and a table of values.

Results go to stdout; progress, warnings and errors go to stderr. Exit codes: 0 if all went well, 1 if
something is wrong with the data or a file, 2 for wrong usage, 130 if interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skhypershap.errors import HyperSHAPWarning, printable
from skhypershap.settings import config_context
from skhypershap.writing import check_target, write_text

if TYPE_CHECKING:
    import pandas as pd

    from skhypershap import HyperSHAPExplainer

FORMULA = re.compile(r"\s*[=+\-@\t\r]")  # how a formula of a spreadsheet starts
NAME = "skhypershap"
GAMES = ("tunability", "ablation", "sensitivity", "mistunability")  # as in a report
BASELINES = ("default", "center", "median", "worst", "best")
LARGEST_SEED = 2**32 - 1
COLUMNS = ["interaction", "value", "low", "high", "order", "game"]
OPTIONS = {
    "study_name": "--study",
    "metric=": "--metric",
    "direction=": "--direction",
    "baseline=": "--baseline",
}
"""What messages for Python's users name, and the option that does the same."""

EPILOG = """examples:
  skhypershap study.db
  skhypershap trials.csv --metric loss --direction minimize --html report.html
  skhypershap smac3_output/run/0 --game tunability ablation --csv values.csv
  skhypershap trials.csv --metric accuracy --baseline '{"depth": 6}'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the name of the program; by default those of the process.

    Returns
    -------
    int
        The exit code: 0, or 1 after an error. Wrong usage raises SystemExit(2), as argparse does.

    Examples
    --------
    >>> from skhypershap.command import main
    >>> main(["no-such-file.csv"])
    1
    """
    arguments = _parser().parse_args(argv)
    _replace_what_cannot_be_shown()
    try:
        with _warnings_as_lines(arguments.quiet), config_context(frames="pandas"):
            _explain(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        print(printable(f"{NAME}: error: {_message(error)}"), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Explain a hyperparameter search: a summary in words, and the value of each "
        "hyperparameter and pair.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "source",
        metavar="SOURCE",
        help="a table (.csv, .tsv, .parquet, .jsonl), an Optuna storage (study.db, sqlite:///..., a "
        "journal), the folder of a SMAC, Ray Tune or DeepCAVE run, or mlflow:EXPERIMENT",
    )
    add("--metric", metavar="M", type=_metric, help="what to explain: a name, or a position from 0")
    add("--direction", choices=("maximize", "minimize"), help="which scores are better")
    add(
        "--baseline",
        metavar="B",
        type=_baseline,
        default="default",
        help=f"what tuning is measured against: {', '.join(BASELINES)}, a JSON object of values, or "
        "a JSON list of those",
    )
    add(
        "--game",
        metavar="G",
        nargs="+",
        action="extend",
        choices=GAMES,
        help=f"the games to explain: {', '.join(GAMES)} (default: tunability; a report has all four). "
        "Name them after SOURCE",
    )
    add(
        "--bootstrap",
        metavar="N",
        type=_integer(0),
        default=20,
        help="resamples for the intervals; 0: no intervals, many times faster (default: 20)",
    )
    add("--seed", metavar="S", type=_integer(0, LARGEST_SEED), default=0, help="default: 0")
    add("--study", metavar="NAME", help="the study, if an Optuna storage has several")
    add("--html", metavar="FILE", type=Path, help="write an interactive report; replaces FILE")
    add("--csv", metavar="FILE", type=Path, help="write the table of values; replaces FILE")
    add("--quiet", action="store_true", help="print nothing but errors; files are written")
    add("--version", action="version", version=f"%(prog)s {_version()}")
    return parser


def _version() -> str:
    from skhypershap import __version__

    return __version__


def _metric(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _integer(lowest: int, highest: int | None = None) -> Any:
    def integer(text: str) -> int:
        number = int(text)
        if number < lowest or (highest is not None and number > highest):
            bounds = f"at least {lowest}" + ("" if highest is None else f" and at most {highest}")
            raise argparse.ArgumentTypeError(f"must be {bounds}; got {text}")
        return number

    return integer


def _baseline(text: str) -> Any:
    """A word, or what JSON holds: a dict, or a list of dicts and words."""
    if text in BASELINES:
        return text
    if not text.lstrip().startswith(("{", "[")):
        raise argparse.ArgumentTypeError(
            f"must be one of {', '.join(BASELINES)}, or JSON such as '{{\"depth\": 6}}'; got {text!r}"
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}") from error


def _explain(arguments: argparse.Namespace) -> None:
    """Read, explain, write the files, and print."""
    from skhypershap import summarize

    for path in (arguments.html, arguments.csv):
        check_target(path)
    _progress(arguments, f"Reading {arguments.source} ...")
    explainer = _fitted(arguments)
    games = arguments.game or ["tunability"]
    reported = list(GAMES) if arguments.html and not arguments.game else games
    n_bootstrap = arguments.bootstrap or None
    resamples = f" with {n_bootstrap} resamples" if n_bootstrap else ""
    _progress(arguments, f"Explaining {', '.join(reported)}{resamples} ...")
    explanation = explainer._explained(list(dict.fromkeys(reported)), n_bootstrap)
    table = summarize(explanation) if n_bootstrap else explanation
    table = table[table["game"].isin(games)]
    if arguments.csv:
        write_text(arguments.csv, _without_formulas(table).to_csv(index=False, lineterminator="\n"))
    sentences = _report(arguments, explainer, explanation, n_bootstrap)
    if arguments.quiet:
        return
    if sentences is None:
        sentences = explainer._sentences(explanation, n_bootstrap)
    lines = [*sentences, "", *_units(table), "", *_table_text(table).split("\n")]
    print("\n".join(map(printable, lines)))


def _report(
    arguments: argparse.Namespace,
    explainer: HyperSHAPExplainer,
    explanation: pd.DataFrame,
    n_bootstrap: int | None,
) -> list[str] | None:
    """Write the report, if one is asked for, and return its sentences."""
    if not arguments.html:
        return None
    _progress(arguments, f"Writing {arguments.html} ...")
    title = None if arguments.study is None else f"What mattered in {arguments.study}"
    report = explainer._report_of(explanation, title, n_bootstrap)
    report.save(arguments.html)
    told: list[str] = report.to_dict()["summary"]
    return told


def _fitted(arguments: argparse.Namespace) -> HyperSHAPExplainer:
    from skhypershap import HyperSHAPExplainer, read_trials

    given = {"metric": arguments.metric, "direction": arguments.direction}
    source = arguments.source
    if arguments.study is not None:
        source = read_trials(source, study_name=arguments.study, **given)
        given = {}
    return HyperSHAPExplainer(
        source,
        **given,
        baseline=arguments.baseline,
        random_state=arguments.seed,
        verbose=int(not arguments.quiet and sys.stderr.isatty()),
    ).fit()


def _units(table: pd.DataFrame) -> list[str]:
    """What the values of each game mean."""
    from skhypershap.report.words import unit_text

    attrs = table.attrs
    intervals = "; low to high is a 90 % interval" if "low" in table else ""
    return [
        f"{game}: {unit_text(game, attrs['metric'], attrs['direction'])}{intervals}"
        for game in table["game"].unique()
    ]


def _table_text(table: pd.DataFrame) -> str:
    """The table as text of full width; errors of rounding are zero."""
    from skhypershap.report.words import number_text

    shown = table[[name for name in COLUMNS if name in table]].copy()
    least = 1e-9 * shown["value"].abs().max()
    for name in ("value", "low", "high"):
        if name in shown:
            shown[name] = [
                number_text(0.0 if abs(value) <= least else value, 4) for value in shown[name]
            ]
    text: str = shown.to_string(index=False)
    return text


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The same with an apostrophe before text that a spreadsheet would run as a formula.

    Each cell is on one line.
    """

    def safe(cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        return f"'{printable(cell)}" if FORMULA.match(cell) else printable(cell)

    texts = [name for name in table if table[name].dtype.kind not in "biuf"]
    return table.assign(**{name: table[name].map(safe) for name in texts})


def _progress(arguments: argparse.Namespace, text: str) -> None:
    if not arguments.quiet:
        print(printable(text), file=sys.stderr, flush=True)


@contextmanager
def _warnings_as_lines(quiet: bool) -> Iterator[None]:
    """Print each warning of skhypershap once, on one line; those of libraries are not for its user."""
    known = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        text = " ".join(str(message).split())
        if text not in known:
            known.add(text)
            print(printable(f"{NAME}: warning: {_with_option(text)}"), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not quiet:
            warnings.filterwarnings("always", category=HyperSHAPWarning)
        warnings.showwarning = show
        yield


def _message(error: Exception) -> str:
    """An error on one line, with its type if it is not one that is raised for a user to read."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if not text or not isinstance(error, (ValueError, TypeError, OSError, ImportError)):
        return f"{type(error).__name__}: {text}".rstrip(": ")
    return _with_option(text)


def _with_option(text: str) -> str:
    """A message, and the options that do what it advises."""
    options = [
        option
        for name, option in OPTIONS.items()
        if re.search(rf"\b{re.escape(name)}", text) and option not in text
    ]
    return f"{text} (Here: {', '.join(options)}.)" if options else text


def _replace_what_cannot_be_shown() -> None:
    """Let a terminal that has no "×" show "?", rather than fail after all has been computed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _close_stdout() -> None:
    """After the reader of a pipe has gone: keep Python from complaining when it flushes at exit."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
