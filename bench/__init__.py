"""Measurements: each part compares, within one run, with something that does the same by hand."""
