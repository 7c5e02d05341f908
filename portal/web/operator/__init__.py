"""The operator's site: health, what is to be treated, clients and numbers, a call found over all clients."""
