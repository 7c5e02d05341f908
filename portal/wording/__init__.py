"""The pages in English: French templates and messages, put into English by a list of phrases (`en.toml`)."""
