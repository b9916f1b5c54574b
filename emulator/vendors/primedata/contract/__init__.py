"""The wire: what the two searches and the two tracking calls take and give."""
