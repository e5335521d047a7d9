-- When a refresh token was exchanged, and the tokens that it was exchanged for: sealed under the token itself, so that
-- only who holds it reads them, and forgotten with the session's next exchange.
ALTER TABLE spent_refresh_tokens ADD COLUMN spent_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spent_refresh_tokens ADD COLUMN successor BLOB;

-- What letters to its holder, and about an event, are written in ('en', 'de'); the installation's language without.
ALTER TABLE accounts ADD COLUMN language TEXT;
ALTER TABLE events ADD COLUMN language TEXT;

-- The name without accents and case, for those who run the installation to search in; empty for what was made before.
ALTER TABLE accounts ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN search TEXT NOT NULL DEFAULT '';

-- An attendee may cancel with the link in their letter, without an account.
CREATE TABLE ticket_changes_new (
    event_id BLOB NOT NULL,
    ticket_id INTEGER NOT NULL,
    -- The feed number of the entry that told the doors.
    seq INTEGER NOT NULL,
    change TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Nothing where nobody was logged in.
    account_id BLOB REFERENCES accounts (id),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, ticket_id, seq),
    FOREIGN KEY (event_id, ticket_id) REFERENCES tickets (event_id, ticket_id)
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_changes_new SELECT event_id, ticket_id, seq, change, reason, account_id, changed_at FROM ticket_changes;
DROP TABLE ticket_changes;
ALTER TABLE ticket_changes_new RENAME TO ticket_changes;
