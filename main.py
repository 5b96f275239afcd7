"""Start CAE Studio: ``python main.py``."""

import sys

from cae_gui.launch import main

if __name__ == "__main__":
    sys.exit(main())
