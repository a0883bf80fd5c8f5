"""Install without duplicates: ensure, a journal, and a create whose outcome is unknown."""

from bird_connectors import BirdConnectorsError, Client, FileJournal, Sms

workspace = Client.from_env().workspace()
numbers = [number.id for number in workspace.numbers.list()]
sms = Sms(name="Support NL", phone_number_id=numbers[0], channel_message_type="conversational")

for _run in range(2):
    # --8<-- [start:ensure]
    ensured = workspace.connectors.ensure(sms)
    if ensured.adopted:
        print(ensured.id, "existed:", ensured.matched_by)
        for drift in ensured.drift:
            print(drift.field, "differs")
    # --8<-- [end:ensure]

# --8<-- [start:journal]
with FileJournal("installs.jsonl") as journal:
    ensured = workspace.connectors.ensure(sms, journal=journal)
# --8<-- [end:journal]

sms = Sms(name="Support UK", phone_number_id=numbers[1], channel_message_type="conversational")
# --8<-- [start:reconcile]
try:
    install = workspace.connectors.install(sms)
except BirdConnectorsError as error:
    # Without an unresolved create, nothing can have been created.
    if error.unresolved is None:
        raise
    # A string, for another process: `str(error.unresolved)`.
    install = workspace.connectors.reconcile(error.unresolved)
    if install is None:
        raise  # The outcome is still unknown.
# --8<-- [end:reconcile]
