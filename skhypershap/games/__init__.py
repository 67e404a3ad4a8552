"""v(S) for every coalition S: the games of HyperSHAP."""
