"""Stop reading a list, and resume it later."""

from bird_connectors import Client

workspace = Client.from_env().workspace()

# --8<-- [start:checkpoint]
first = workspace.connectors.list(page_size=5).first_page()
if first.checkpoint is not None:
    # Later, or in another process: a checkpoint is a string.
    for connector in workspace.connectors.list(resume_from=first.checkpoint):
        print(connector.id, connector.name)
# --8<-- [end:checkpoint]
