"""Wait for a channel: errors, progress, resuming, conditions."""

import secrets

from bird_connectors import Client, InstallFailedError, Telegram, WaitOptions, WaitTimeoutError, WaitToken

workspace = Client.from_env().workspace()
install = workspace.connectors.install(Telegram(name="Bot"))

# --8<-- [start:wait]
try:
    ready = install.until_ready(timeout=120)
    print("channel", ready.channel_id)
except InstallFailedError as error:
    # Two consecutive polls confirmed it. Delete the connector, then install again.
    print("failed with status", error.status)
except WaitTimeoutError as error:
    # The install continues: store the token, and resume the wait later.
    print("still", error.status, "after", error.polls, "polls:", error.token)
# --8<-- [end:wait]

# --8<-- [start:progress]
for step in install.progress():
    print(step.poll, step.status, step.stage)
    if step.ready is not None:
        print("channel", step.ready.channel_id, "can send")
# --8<-- [end:progress]

# --8<-- [start:store]
stored = str(install.token)
# --8<-- [end:store]

# --8<-- [start:resume]
install = workspace.connectors.resume(stored)
ready = install.until_ready()
# --8<-- [end:resume]

key = secrets.token_bytes(32)
# --8<-- [start:sign]
signed = install.token.sign(key)
url = f"https://example.com/installs/{signed}"

# When the URL is requested: an InvalidInputError if the token was changed.
token = WaitToken.verify(signed, key)
ready = workspace.connectors.resume(token).until_ready()
# --8<-- [end:sign]

# --8<-- [start:condition]
options = WaitOptions(
    status=None,  # until the connector has a channel, with any status
    failure_statuses=["failed", "expired"],
)
ready = install.until_ready(options=options)
# --8<-- [end:condition]
