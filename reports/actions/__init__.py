"""What the sealing room writes."""
