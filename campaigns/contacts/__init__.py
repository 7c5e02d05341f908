"""The people a tenant may want to call: read from their files, kept once each, in lists."""
