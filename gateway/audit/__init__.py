"""Records: canonical, signed, append-only. Durable before a byte is released."""
