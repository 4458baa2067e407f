"""How many runners there may be at once."""
