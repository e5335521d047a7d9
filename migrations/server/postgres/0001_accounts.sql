-- The installation itself: the server's signing key, sealed under the master key.
CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    server_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organisations (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE accounts (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    -- Lower case; unique over the installation, because it is what one logs in with.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Only a token's SHA-256 is kept.
CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
