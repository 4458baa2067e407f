"""What the design claims of speed, measured beside what it is held against.

Nothing here is a test: a slow machine makes no benchmark fail.
"""
