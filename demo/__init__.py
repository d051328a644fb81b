"""The main job in under a minute: check, draw, generate, run, refuse, kill."""
