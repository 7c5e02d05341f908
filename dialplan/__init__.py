"""The dialplan: what Asterisk does with a call before, without and after the app."""
