"""Speed and quality against others, side by side in one run: `make bench` writes RESULTS.md."""
