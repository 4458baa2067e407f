"""Deals with consequences: pairs, stops, relaunches."""
