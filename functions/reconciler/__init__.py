"""The consumer of `reconciler.fifo`: pairs, plans, stops and cleans up runners."""
