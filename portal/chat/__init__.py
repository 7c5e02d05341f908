"""A client's agents in writing, on the client's own site."""
