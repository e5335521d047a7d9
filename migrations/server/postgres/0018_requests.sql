-- Requests that must be carried out once however often they are sent: by who sent them and the key they gave.
CREATE TABLE requests (
    scope BYTEA NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- Of everything that was asked for.
    digest BYTEA NOT NULL,
    -- 0 begun, 1 done and not answered, 2 answered.
    state BIGINT NOT NULL,
    status BIGINT,
    -- The answer's headers and body, sealed under the master key.
    answer BYTEA,
    begun_at BIGINT NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
);

CREATE INDEX requests_by_begin ON requests (begun_at);
