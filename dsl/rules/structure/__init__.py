"""Rules about the shape of the graph."""
