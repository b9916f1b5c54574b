"""Measurements: always two things side by side in one run, reported as a ratio. ``./run bench`` runs them all."""
