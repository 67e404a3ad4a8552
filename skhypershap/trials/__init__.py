"""The one door for results: `read_trials` turns whatever holds them into `Trials`."""

from skhypershap.trials.defaults import Defaults, defaults_of, typical
from skhypershap.trials.inferred_space import space_given, space_inferred
from skhypershap.trials.readers.search import check, column_of, copy_of, default_config, is_of
from skhypershap.trials.reading import READERS, is_frozen, read_trials, reader_of, unwrap
from skhypershap.trials.trials import Trials, trials_of

__all__ = [
    "READERS",
    "Defaults",
    "Trials",
    "check",
    "column_of",
    "copy_of",
    "default_config",
    "defaults_of",
    "is_frozen",
    "is_of",
    "read_trials",
    "reader_of",
    "space_given",
    "space_inferred",
    "trials_of",
    "typical",
    "unwrap",
]
