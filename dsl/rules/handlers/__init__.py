"""Rules about the Python handlers that the user writes."""
