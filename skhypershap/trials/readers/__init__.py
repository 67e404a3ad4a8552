"""The readers: one module for each library whose results are read (see `reading.Reader`)."""
