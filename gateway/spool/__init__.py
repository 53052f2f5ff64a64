"""What is accepted is never lost."""
