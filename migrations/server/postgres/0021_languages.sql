-- When a refresh token was exchanged, and the tokens that it was exchanged for: sealed under the token itself, so that
-- only who holds it reads them, and forgotten with the session's next exchange.
ALTER TABLE spent_refresh_tokens ADD COLUMN spent_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE spent_refresh_tokens ADD COLUMN successor BYTEA;

-- What letters to its holder, and about an event, are written in ('en', 'de'); the installation's language without.
ALTER TABLE accounts ADD COLUMN language TEXT;
ALTER TABLE events ADD COLUMN language TEXT;

-- The name without accents and case, for those who run the installation to search in; empty for what was made before.
ALTER TABLE accounts ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN search TEXT NOT NULL DEFAULT '';

-- An attendee may cancel with the link in their letter, without an account.
ALTER TABLE ticket_changes ALTER COLUMN account_id DROP NOT NULL;
