"""Lambda on one machine: real handlers, run by AWS's own runtime client in processes of their own.

`host` runs functions, `sources` brings them their events. Nothing here knows what a function does.
"""
