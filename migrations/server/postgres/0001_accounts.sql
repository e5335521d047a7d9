-- The installation itself: the server's signing key, sealed under the master key.
CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    server_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organisations (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX organisations_by_name ON organisations (name);

CREATE TABLE accounts (
    id BYTEA PRIMARY KEY,
    -- Lower case; unique over the installation, because it is what one logs in with.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    -- Whether its holder runs the whole installation.
    is_admin BIGINT NOT NULL,
    -- When its holder proved to receive mail at its address.
    verified_at BIGINT,
    created_at BIGINT NOT NULL
);

-- Who belongs to which organisation, and as what: 1 promoter, 2 staff, 3 manager, 4 owner.
CREATE TABLE memberships (
    organisation_id BYTEA NOT NULL REFERENCES organisations (id),
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    role BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
);

CREATE INDEX memberships_by_account ON memberships (account_id);

-- Only a token's SHA-256 is kept.
CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
