"""Support: tickets between a client and the operator, and maintenance that every client is told of."""
