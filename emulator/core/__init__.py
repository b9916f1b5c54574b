"""Mechanisms: worlds, time, state, exchange of one request for one answer. Knows no vendor by name."""
