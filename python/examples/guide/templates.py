"""Build each kind of template, and install it."""

from bird_connectors import Client, Custom, InvalidInputError, Sms, Telegram, Voice, WhatsApp

workspace = Client.from_env().workspace()
numbers = [number.id for number in workspace.numbers.list()]
number_id = numbers[0]
token_from_meta = token = "a-token"

# --8<-- [start:sms]
sms = Sms(name="Support NL", phone_number_id=number_id, channel_message_type="transactional")
# --8<-- [end:sms]
number_id = numbers[2]
# --8<-- [start:use_case]
use_case = next(iter(workspace.use_cases.list()))
us = Sms(
    name="Support US",
    phone_number_id=number_id,
    channel_message_type="transactional",
    use_case_id=use_case.id,
)
# --8<-- [end:use_case]
# --8<-- [start:whatsapp]
whatsapp = WhatsApp(
    name="Shop",
    waba_id="102290129340398",  # the id of the WhatsApp Business account
    phone_id="106540352242922",  # Meta's phone_number_id
    phone_number="+31612345678",
    access_token=token_from_meta,
)
# --8<-- [end:whatsapp]
number_id = numbers[1]
# --8<-- [start:voice]
voice = Voice(name="Calls", phone_number_id=number_id)
# --8<-- [end:voice]
# --8<-- [start:undocumented]
# The names of the arguments are examples: use those that your account needs.
telegram = Telegram(
    name="Bot",
    arguments={"key": "value"},
    security_arguments={"scheme": {"argument": token}},
)
# --8<-- [end:undocumented]
# --8<-- [start:custom]
custom = Custom(template="viber:1", name="Shop", arguments={"page": "42"})
# --8<-- [end:custom]

for template in (sms, us, whatsapp, voice, telegram, custom):
    workspace.connectors.install(template)

# --8<-- [start:validate]
try:
    Custom(template="viber", name="")
except InvalidInputError as error:
    print(error)
# --8<-- [end:validate]
