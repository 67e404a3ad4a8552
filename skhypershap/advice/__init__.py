"""What to do next: the best subsets, a smaller search, and what configurations really score."""
