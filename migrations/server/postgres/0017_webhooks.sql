-- Other programs that an organisation wants called when something happens.
CREATE TABLE webhooks (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    url TEXT NOT NULL,
    -- What it is called for, such as ["check_in"], JSON.
    kinds TEXT NOT NULL,
    -- What calls are signed with, sealed under the master key; the one before counts for a while as well.
    secret BYTEA NOT NULL,
    secret_before BYTEA,
    secret_before_until BIGINT,
    -- 0 active, 1 paused by somebody, 2 stopped because it failed for days.
    state BIGINT NOT NULL,
    -- Since when every call has failed.
    failing_since BIGINT,
    -- Counts the changes that people make.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX webhooks_by_organisation ON webhooks (organisation_id, id);

CREATE TABLE webhook_deliveries (
    id BYTEA PRIMARY KEY,
    -- May be gone by now: what happens is not held up by a webhook that is deleted at that moment.
    webhook_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    -- What is sent, JSON.
    body TEXT NOT NULL,
    -- 0 waiting, 1 delivered, 2 given up.
    state BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Also how long the server that calls has for that: nobody else takes it up before.
    next_try_at BIGINT NOT NULL,
    -- Of the last try: the status, if there was an answer, and its beginning; else why there was none.
    status BIGINT,
    answer TEXT NOT NULL,
    error TEXT NOT NULL,
    took_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT
);

CREATE INDEX webhook_deliveries_to_make ON webhook_deliveries (state, next_try_at);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id);

-- For the tickets of one person.
CREATE INDEX registrations_of_person ON registrations (email, id) WHERE email IS NOT NULL;
