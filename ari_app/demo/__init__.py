"""The demonstration: a tenant, its agents, and two real calls played on loopback."""
