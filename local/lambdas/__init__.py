"""The Lambda emulator: runs handlers with AWS's runtime client, each environment as a process.

`host` invokes functions, `sources` contains their event sources.
"""
