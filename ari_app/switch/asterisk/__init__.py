"""Asterisk as a switch: its events, its audio, its own CDRs. Its words stay in here."""
