"""May this number be called, now, by whom; and the proof. Never talks to Asterisk."""
