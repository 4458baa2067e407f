"""Builds the artifacts that are uploaded to AWS: functions, layer, source of the runner image.

The builds are reproducible: the same commit gives the same bytes, wherever the checkout is. The
packed code does not import this package.
"""
