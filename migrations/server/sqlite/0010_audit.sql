-- Every change of state: who made it, when, from where, and what became of what. Rows are only added.
CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    organisation_id BLOB,
    event_id BLOB,
    -- Absent where nobody was logged in: somebody signed up, or a job of the server's own.
    account_id BLOB,
    address TEXT NOT NULL,
    -- Such as event.publish.
    action TEXT NOT NULL,
    -- What was changed, as its id is written.
    subject TEXT NOT NULL,
    -- JSON without secrets; 'null' where there was, or is, nothing.
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_by_organisation ON audit (organisation_id, id);
