"""The replay tool: reprocesses the events of the log. `cli.commands.replay` has its commands."""
