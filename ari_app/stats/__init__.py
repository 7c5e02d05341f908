"""A client's calls in figures: the command, the pictures, the monthly report."""
