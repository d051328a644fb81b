"""Rules about values, events and keys."""
