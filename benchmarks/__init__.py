"""Figures beside their floors: `python -m benchmarks` runs every module here that has a function `figures`."""
