"""Connects ports to their adapters. An import creates nothing."""
