"""Slots: the limit of concurrent runners, and the circuit breaker."""
