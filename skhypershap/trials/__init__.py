"""Reads results: `read_trials` turns a search, a study or a table into `Trials`."""

from skhypershap.trials.cv_results import column_of, largest_resource, mean_and_std
from skhypershap.trials.defaults import Defaults
from skhypershap.trials.inferred_space import space_given, space_inferred, space_of_trials
from skhypershap.trials.reading import (
    Reader,
    check_source,
    read_checked,
    read_trials,
    reader_of,
    register_reader,
)
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.searches import (
    copy_of,
    is_frozen,
    is_of,
    space_of_search,
    unwrap,
    with_verbose,
)
from skhypershap.trials.trials import Trials

__all__ = [
    "Checked",
    "Defaults",
    "Reader",
    "Records",
    "Trials",
    "check_source",
    "column_of",
    "copy_of",
    "is_frozen",
    "is_of",
    "largest_resource",
    "mean_and_std",
    "read_checked",
    "read_trials",
    "reader_of",
    "register_reader",
    "space_given",
    "space_inferred",
    "space_of_search",
    "space_of_trials",
    "unwrap",
    "with_verbose",
]
