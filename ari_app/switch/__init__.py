"""A telephone switch as a call sees it: a port (`base.py`), and Asterisk behind it."""
