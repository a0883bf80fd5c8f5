"""Find the id of a phone number, and list all numbers."""

from bird_connectors import Client, Sms

bird = Client.from_env()
workspace = bird.workspace()

# --8<-- [start:find]
number = workspace.numbers.find("+31 6 1234-5678")
if number is None:
    raise SystemExit("the workspace does not have this number")
sms = Sms(name="Support NL", phone_number_id=number.id, channel_message_type="conversational")
# --8<-- [end:find]

# --8<-- [start:list]
for number in workspace.numbers.list():
    print(number.id, number.number_string)
# --8<-- [end:list]
