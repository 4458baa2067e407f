"""The ports in memory: for tests and simulations, held to the same contracts as the real ones."""
