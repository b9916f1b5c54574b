"""What travels on the wire, in the vendor's own words and members, with the source beside each."""
