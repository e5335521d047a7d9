-- Letters to be sent. What a letter says (names, links that let in) is sealed under the master key.
CREATE TABLE mails (
    id BYTEA PRIMARY KEY,
    organisation_id BYTEA,
    -- Such as verify or ticket.
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    -- Absent once it is sent.
    content BYTEA,
    -- 0 waiting, 1 sent, 2 given up.
    state BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Also how long the server that sends it has for that: nobody else takes it up before.
    next_try_at BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT
);

CREATE INDEX mails_to_send ON mails (state, next_try_at);
-- For the list.
CREATE INDEX mails_by_state ON mails (state, id);
