"""The one door for results: `read_trials` turns whatever holds them into `Trials`."""

from skhypershap.trials._reading import read_trials, reader_of
from skhypershap.trials._trials import Trials

__all__ = ["Trials", "read_trials", "reader_of"]
