"""One live call: Asterisk link, media, turn-taking, conversation, actions, dialer."""
