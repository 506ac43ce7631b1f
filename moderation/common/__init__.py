"""What all of the package stands on, and what imports nothing else of it: addresses, limits, messages, connections."""
