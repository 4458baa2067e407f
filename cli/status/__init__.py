"""The state of a whole fleet on one screen, for `ecsrunner status`."""
