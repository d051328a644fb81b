"""How findings are shown: one format a file."""
