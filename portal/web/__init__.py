"""The pages: French first, drawn on the server, whole without a script."""
