"""The consumer of `scheduler.fifo`: launches tasks, and starts builds of their images."""
