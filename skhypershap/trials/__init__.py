"""The one door for results: `read_trials` turns whatever holds them into `Trials`."""

from skhypershap.trials._reading import is_frozen, read_trials, reader_of, unwrap
from skhypershap.trials._trials import Trials

__all__ = ["Trials", "is_frozen", "read_trials", "reader_of", "unwrap"]
