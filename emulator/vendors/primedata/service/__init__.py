"""What the operations do: find one profile, list its events, take in what is tracked."""
