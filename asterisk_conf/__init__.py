"""Renders, installs and starts a private Asterisk."""
