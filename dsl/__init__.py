"""The saga language: text in, saga graph and diagnostics out. Touches no disk."""
