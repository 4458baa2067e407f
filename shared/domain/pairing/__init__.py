"""The pairing of runners and jobs: which job waits for which runner, and which one it took."""
