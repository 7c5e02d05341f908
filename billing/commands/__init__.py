"""The commands of `decroche billing`: read, call, show."""
