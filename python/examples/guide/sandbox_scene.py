# --8<-- [start:scene]
from bird_connectors.testing import Sandbox

with Sandbox(connectors=2) as sandbox, Sandbox(scene=sandbox.scene()) as copy:
    assert len(copy.connectors()) == 2
# --8<-- [end:scene]
