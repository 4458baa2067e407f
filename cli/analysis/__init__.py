"""What many jobs' streams add up to. Pure."""
