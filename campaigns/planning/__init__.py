"""When a campaign calls whom: the pure core. Rows and `now` in, decisions out; no clock, no input or output."""
