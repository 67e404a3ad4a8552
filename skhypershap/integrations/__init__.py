"""Callbacks for tuners: stop a search once its explanation has settled. One module per library."""
