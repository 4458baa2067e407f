"""The Lambda functions. A handler parses, wires and makes one call; no rule lives here."""
