"""Saga graph in, files in memory out; one module or folder per target."""
