"""An orchestrator as a Python package on DBOS: one durable workflow a saga version."""

from .package import DbosGenerator

__all__ = ["DbosGenerator"]
