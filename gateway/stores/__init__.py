"""Where pushed copies go: another machine by HTTP, a folder, a bucket."""
