"""Processes and locks. The only room of this tower that touches descriptors."""
