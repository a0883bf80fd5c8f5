# --8<-- [start:page]
from bird_connectors.testing import Sandbox

with Sandbox(ui=True) as sandbox:
    print(f"open {sandbox.ui_url}")
# --8<-- [end:page]

# --8<-- [start:scene]
with Sandbox(connectors=2) as sandbox, Sandbox(scene=sandbox.scene()) as copy:
    assert len(copy.connectors()) == 2
# --8<-- [end:scene]
