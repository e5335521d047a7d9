-- What a device may sell at the door, as wanted: a JSON array of {class, places, until}; and for how many days
-- its certificate counts each time.
ALTER TABLE enrolment_codes ADD COLUMN walk_in TEXT NOT NULL DEFAULT '[]';
ALTER TABLE enrolment_codes ADD COLUMN certificate_days BIGINT NOT NULL DEFAULT 14;
ALTER TABLE devices ADD COLUMN walk_in TEXT NOT NULL DEFAULT '[]';
ALTER TABLE devices ADD COLUMN certificate_days BIGINT NOT NULL DEFAULT 14;
-- The numbers of its newest entries about its session and about a check of itself.
ALTER TABLE devices ADD COLUMN session_seq BIGINT;
ALTER TABLE devices ADD COLUMN drill_seq BIGINT;

-- Rights to sell, one for each device and ticket type.
CREATE TABLE leases (
    event_id BLOB NOT NULL REFERENCES events (id),
    device_no BIGINT NOT NULL,
    class BIGINT NOT NULL,
    -- How many the device should be able to sell at any time.
    places BIGINT NOT NULL,
    -- As the feed tells them: how many it may have sold in all, and until when; and the feed's number of that.
    total BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    told_seq BIGINT NOT NULL,
    -- The most that it may have sold, and until when, as long as nothing shows that it has heard of less.
    bound BIGINT NOT NULL,
    bound_expires_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, device_no, class)
);

-- What was sold at the door.
CREATE TABLE sales (
    event_id BLOB NOT NULL REFERENCES events (id),
    device_no BIGINT NOT NULL,
    -- The entry in the device's journal.
    seq BIGINT NOT NULL,
    entry_hash BLOB NOT NULL,
    ticket_id BIGINT NOT NULL,
    class BIGINT NOT NULL,
    gate BIGINT NOT NULL,
    operator TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- As in the entry: 1 cash, 2 card, 3 free.
    payment BIGINT NOT NULL,
    -- As in the entry: 0 a lease, 1 a supervisor, 2 the policy.
    allowed_by BIGINT NOT NULL,
    -- Sold beyond the rights of the device.
    is_over BIGINT NOT NULL,
    sold_at BIGINT NOT NULL,
    -- Taken back by the door.
    undone_at BIGINT,
    -- Cancelled by an organiser.
    cancelled_at BIGINT,
    PRIMARY KEY (event_id, device_no, seq),
    UNIQUE (event_id, ticket_id)
);

CREATE INDEX sales_by_class ON sales (event_id, class, device_no);
CREATE INDEX check_ins_by_kind ON check_ins (event_id, device_no, kind, is_effective);

DROP VIEW registered;
CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.order_ref, r.note, r.search, r.created_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at,
    s.device_no AS sale_device_no, s.operator AS sale_operator, s.amount AS sale_amount,
    s.currency AS sale_currency, s.payment AS sale_payment, s.allowed_by AS sale_allowed_by,
    s.is_over AS sale_is_over
FROM registrations r
JOIN tickets t ON t.registration_id = r.id
LEFT JOIN sales s ON s.event_id = t.event_id AND s.ticket_id = t.ticket_id;
