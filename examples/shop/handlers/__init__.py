"""What the services do: these files are yours."""
