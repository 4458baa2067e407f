"""The commands, one module a group: parse, ask the ports, hand the answer to `cli.render`."""
