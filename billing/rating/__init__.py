"""The price of a call: pure, and by the million."""
