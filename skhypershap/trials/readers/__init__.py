"""One module for each library whose results are read."""
