-- The tables of bird-connectors in PostgreSQL. The same file creates them for Rust and Python, so that workers in both languages
-- share them. Running it again changes nothing, and several processes can run it at the same time: run it as one query, which
-- is one transaction. No row contains a secret.

-- Two processes that create a table at once would fail. Ends with the transaction.
SELECT pg_advisory_xact_lock(7021845136602);

-- One row for each connector that `ensure` or `install_all` has installed with this journal: the claim and the last line.
CREATE TABLE IF NOT EXISTS bird_connectors_journal (
    -- A digest of the workspace and the identity of the connector.
    key text PRIMARY KEY,
    -- Grows with each claim. A row must not be deleted while a process may install its connector.
    fence bigint NOT NULL,
    -- When the lease ends, by the clock of the server. Null if no run has claimed the connector.
    claimed_until timestamptz,
    -- The last line: what is known about the create. Null before the first one.
    line text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);

-- One row for each webhook delivery that is being processed, or was processed and may arrive again.
CREATE TABLE IF NOT EXISTS bird_connectors_deliveries (
    -- The delivery key.
    key text PRIMARY KEY,
    -- Which claim processes the delivery: a random value of each claim.
    owner text NOT NULL,
    done boolean NOT NULL,
    -- When the claim ends, or, if the delivery is done, when it is forgotten.
    expires_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS bird_connectors_deliveries_expires_at ON bird_connectors_deliveries (expires_at);
