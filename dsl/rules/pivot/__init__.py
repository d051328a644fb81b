"""Rules about the point of no return and the roles around it."""
