"""`python -m skhypershap SOURCE`: explain trials at an address from the command line."""

import sys

from skhypershap.command import main

if __name__ == "__main__":
    sys.exit(main())
