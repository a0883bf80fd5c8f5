"""Install many channels, and wait for many installs."""

from bird_connectors import Client, FileJournal, Telegram

connectors = Client.from_env().workspace().connectors
shops = ["Shop 1", "Shop 2", "Shop 3"]

# --8<-- [start:install_all]
with FileJournal("bulk.jsonl") as journal:
    templates = [Telegram(name=shop) for shop in shops]
    results = connectors.install_all(templates, journal=journal).until_ready(timeout=600)
    for result in results:
        print(shops[result.index], result.error or result.channel_id)
    print(results.totals)
# --8<-- [end:install_all]

# --8<-- [start:wait_all]
results = connectors.wait_all(connectors.list())
for result in results:
    print(result.connector_id, result.error or result.channel_id)
print(results.totals.ready, "can send,", results.totals.gets, "requests")
# --8<-- [end:wait_all]
