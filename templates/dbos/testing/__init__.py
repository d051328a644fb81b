"""Parts of the tests that come with a generated orchestrator."""
