"""The runtime of a choreographed service, the same for every saga."""
