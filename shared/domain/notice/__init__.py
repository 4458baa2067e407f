"""Notices to the operator's subscribers."""
