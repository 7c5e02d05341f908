"""Web hooks: what happened, told to clients' systems as Standard Webhooks has it."""
