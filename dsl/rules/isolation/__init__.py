"""Rules about sagas that run at the same time."""
