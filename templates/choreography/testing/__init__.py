"""How the generated tests play one service: without a server, on a database of its own."""
