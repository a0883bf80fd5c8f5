"""Run a sandbox until Ctrl-C, and print the environment variables with which clients use it.

python sandbox.py [PORT]
"""

import sys
import time

from bird_connectors.testing import Sandbox

with Sandbox(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as sandbox:
    for name, value in sandbox.environment().items():
        print(f"export {name}={value}", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
