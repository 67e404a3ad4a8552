"""The one door for results: `read_trials` turns whatever holds them into `Trials`."""

from skhypershap.trials._defaults import Defaults, defaults_of, typical
from skhypershap.trials._reading import READERS, is_frozen, read_trials, reader_of, unwrap
from skhypershap.trials._space import space_given, space_inferred
from skhypershap.trials._trials import Trials, trials_of

__all__ = [
    "READERS",
    "Defaults",
    "Trials",
    "defaults_of",
    "is_frozen",
    "read_trials",
    "reader_of",
    "space_given",
    "space_inferred",
    "trials_of",
    "typical",
    "unwrap",
]
