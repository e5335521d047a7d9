-- The journal that the server itself writes for an event: the device that stands for it, and its signing key,
-- sealed under the master key.
CREATE TABLE own_journals (
    event_id BYTEA PRIMARY KEY REFERENCES events (id),
    device_id BYTEA NOT NULL REFERENCES devices (id),
    sign_key BYTEA NOT NULL
);

-- How often something happened in each quarter of an hour: what statistics are read from. Counted where check-ins
-- are stored, in the same transaction.
CREATE TABLE check_in_tallies (
    event_id BYTEA NOT NULL REFERENCES events (id),
    -- Quarters of an hour since 1970.
    quarter BIGINT NOT NULL,
    gate BIGINT NOT NULL,
    class BIGINT NOT NULL,
    -- As in check_ins.
    kind BIGINT NOT NULL,
    -- Of a denial its reason, of an admission what a person decided against; 0 is neither.
    code BIGINT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (event_id, quarter, gate, class, kind, code)
);

-- What the movements of each ticket in each zone add up to.
CREATE TABLE attendances (
    event_id BYTEA NOT NULL REFERENCES events (id),
    ticket_id BIGINT NOT NULL,
    -- -1 for gates that led nowhere when the entry arrived.
    zone BIGINT NOT NULL,
    class BIGINT NOT NULL,
    admissions BIGINT NOT NULL,
    is_inside BIGINT NOT NULL,
    PRIMARY KEY (event_id, ticket_id, zone)
);

CREATE INDEX attendances_inside ON attendances (event_id, zone) WHERE is_inside = 1;
CREATE INDEX attendances_by_class ON attendances (event_id, class, ticket_id) WHERE admissions > 0;

-- Each ticket and whether anybody ever came in with it.
CREATE VIEW arrivals AS
SELECT
    t.event_id, t.ticket_id, t.class, t.status,
    CASE WHEN EXISTS (SELECT 1 FROM attendances a WHERE a.event_id = t.event_id AND a.ticket_id = t.ticket_id
                      AND a.admissions > 0) THEN 1 ELSE 0 END AS has_come
FROM tickets t;
