"""Where the commands that look at many jobs read streams from: a period, a whole table, a file."""
