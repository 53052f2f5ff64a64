"""`python -m gateway.cli`: the command, where no script is installed."""

import sys

from gateway.cli.main import main

sys.exit(main())
