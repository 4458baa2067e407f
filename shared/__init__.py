"""What all functions share: the domain, the ports, the engine, the adapters, the wiring."""
