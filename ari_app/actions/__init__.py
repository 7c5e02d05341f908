"""What an agent can do during a call: one file per action."""
