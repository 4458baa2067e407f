"""What a release is checked for, and what it carries. `docs/releasing.md` describes the steps.

It reads documents and built zips; building them is the task of `bundles`.
"""
