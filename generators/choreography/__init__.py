"""Choreography: from the saga graph to one participant per service."""
