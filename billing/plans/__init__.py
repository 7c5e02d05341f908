"""What is offered, who took it, and what they hold."""
