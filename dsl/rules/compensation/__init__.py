"""Rules about how effects are taken back."""
