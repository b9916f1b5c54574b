"""Behaviour: plain functions over `Work`, by the vendor's nouns."""
