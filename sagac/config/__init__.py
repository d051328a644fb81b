"""The settings of a project: ``sagac.toml`` or ``[tool.sagac]``, read, merged and judged.

``lint.settings_of`` answers what holds for a file; every value knows where it was written.
"""
