"""Renders answers: tables and colours on a terminal, plain lines in a pipe, or JSON."""
