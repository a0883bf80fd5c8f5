"""Handle errors by class, and decide whether a request can be repeated."""

from bird_connectors import BirdConnectorsError, Client, NotFoundError, PermissionDeniedError

workspace = Client.from_env().workspace()
connector_id = "00000000-0000-4000-8000-000000000001"

# --8<-- [start:kinds]
try:
    connector = workspace.connectors.get(connector_id)
except NotFoundError:
    print("deleted")
except PermissionDeniedError as error:
    print(error)  # names the missing permission, if it is documented
# --8<-- [end:kinds]


# --8<-- [start:outcome]
def is_safe_to_repeat(error: BirdConnectorsError) -> bool:
    match error.outcome:
        case "not_sent" | "rejected":
            # The request never left this machine, or the server refused to process it.
            return True
        case "unknown":
            # The server may have processed it: `error.unresolved` describes a create.
            return False
        case _:
            # The server processed it, and would respond the same again.
            return False


# --8<-- [end:outcome]


try:
    workspace.connectors.get(connector_id)
except BirdConnectorsError as error:
    assert not is_safe_to_repeat(error)
