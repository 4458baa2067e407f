"""AWS on this machine: moto's server, mended to be as atomic and as FIFO as AWS."""
