"""What billing does by itself, and what it tells."""
