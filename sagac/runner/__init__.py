"""Runs sagas on this machine: the generated orchestrator in a process that may be killed."""
