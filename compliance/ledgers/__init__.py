"""What is known of a number, the decisions taken, and their proof."""
