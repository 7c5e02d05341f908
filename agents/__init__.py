"""What an agent is (YAML) and how it converses (scenario). Knows nothing of Asterisk."""
