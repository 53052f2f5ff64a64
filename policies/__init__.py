"""The ground: the words and rules that both towers speak. Standard library only."""
