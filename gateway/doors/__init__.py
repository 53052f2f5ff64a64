"""How files come in, one file per protocol. Decide nothing."""
