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
    -- Counts the changes, so that nobody overwrites what they have not seen.
    version BIGINT NOT NULL,
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

-- Somebody logged in, in one browser or program. Of all tokens only the SHA-256 is kept.
CREATE TABLE sessions (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    access_hash BYTEA NOT NULL UNIQUE,
    access_expires_at BIGINT NOT NULL,
    refresh_hash BYTEA NOT NULL UNIQUE,
    -- When the refresh token ends, and the session with it.
    expires_at BIGINT NOT NULL,
    -- What a browser proves with that its own page made the request; absent where no cookies are used.
    csrf_hash BYTEA,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- At most a minute old while the session is used.
    seen_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_account ON sessions (account_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refresh tokens that were exchanged for new ones. Whoever shows one of these holds a copy, or was robbed by one.
CREATE TABLE spent_refresh_tokens (
    hash BYTEA PRIMARY KEY,
    session_id BYTEA NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE INDEX spent_refresh_tokens_by_session ON spent_refresh_tokens (session_id);
