-- Other programs that an organisation wants called when something happens.
CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    url TEXT NOT NULL,
    -- What it is called for, such as ["check_in"], JSON.
    kinds TEXT NOT NULL,
    -- What calls are signed with, sealed under the master key; the one before counts for a while as well.
    secret BLOB NOT NULL,
    secret_before BLOB,
    secret_before_until INTEGER,
    -- 0 active, 1 paused by somebody, 2 stopped because it failed for days.
    state INTEGER NOT NULL,
    -- Since when every call has failed.
    failing_since INTEGER,
    -- Counts the changes that people make.
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_by_organisation ON webhooks (organisation_id, id);

CREATE TABLE webhook_deliveries (
    id BLOB PRIMARY KEY,
    -- May be gone by now: what happens is not held up by a webhook that is deleted at that moment.
    webhook_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    -- What is sent, JSON.
    body TEXT NOT NULL,
    -- 0 waiting, 1 delivered, 2 given up.
    state INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    -- Also how long the server that calls has for that: nobody else takes it up before.
    next_try_at INTEGER NOT NULL,
    -- Of the last try: the status, if there was an answer, and its beginning; else why there was none.
    status INTEGER,
    answer TEXT NOT NULL,
    error TEXT NOT NULL,
    took_ms INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;

CREATE INDEX webhook_deliveries_to_make ON webhook_deliveries (state, next_try_at);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id);

-- For the tickets of one person.
CREATE INDEX registrations_of_person ON registrations (email, id) WHERE email IS NOT NULL;
