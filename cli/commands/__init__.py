"""The commands, one module for each group: parse, call the ports, pass the result to `render`."""
