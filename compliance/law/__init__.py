"""May this number be called: rules as data, and the pure decision."""
