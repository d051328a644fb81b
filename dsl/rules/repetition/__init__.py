"""Rules about doing something again."""
