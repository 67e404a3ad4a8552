"""Tables of trials: what their columns and cells are, for tables of libraries and for any other."""
