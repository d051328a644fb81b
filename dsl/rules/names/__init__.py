"""Rules about names that several sagas share."""
