"""Installs an SMS channel, follows the install, and sends one message."""

# --8<-- [start:client]
from bird_connectors import Client, Sms

# Reads BIRD_ACCESS_KEY, BIRD_WORKSPACE_ID and BIRD_BASE_URL.
bird = Client.from_env()
workspace = bird.workspace()
# --8<-- [end:client]

# --8<-- [start:number]
number = workspace.numbers.find("+31 6 1234 5678")
if number is None:
    raise SystemExit("the workspace does not have this number")
print("the number +31612345678 has the id", number.id)
# --8<-- [end:number]

# --8<-- [start:install]
sms = Sms(name="Support NL", phone_number_id=number.id, channel_message_type="conversational")
install = workspace.connectors.ensure(sms)
print("connector", install.id)
# --8<-- [end:install]

# --8<-- [start:wait]
ready = install.until_ready(
    timeout=60,
    on_progress=lambda step: print(f"poll {step.poll}: status {step.status}"),
)
print("channel", ready.channel_id, "can send")
# --8<-- [end:wait]

# --8<-- [start:send]
message = workspace.channels.send_text(ready.channel_id, to="+31687654321", text="It works.")
print("message", message.id)
bird.close()
# --8<-- [end:send]
