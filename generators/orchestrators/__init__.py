"""Generators of orchestrators: one coordinator plays all nodes of the saga graph."""
