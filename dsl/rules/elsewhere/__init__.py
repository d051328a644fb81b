"""The codes that come from reading, resolving and generating: documentation only."""
