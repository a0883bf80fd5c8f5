"""Show the log records of the package."""

from bird_connectors import Client

# --8<-- [start:logging]
import logging

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
# INFO shows retries and the progress of waits, DEBUG also every attempt.
logging.getLogger("bird_connectors").setLevel(logging.INFO)
# --8<-- [end:logging]

Client.from_env().workspace().numbers.list().first_page()
