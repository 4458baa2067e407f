"""The chart of many runners on a time axis, and the files that it is written to."""
