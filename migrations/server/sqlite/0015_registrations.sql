DROP VIEW registered;

-- People are found by the words of their names and addresses, not by looking through all of them.
ALTER TABLE registrations DROP COLUMN search;

-- The ticket type that is wanted, or was given.
ALTER TABLE registrations ADD COLUMN class INTEGER NOT NULL DEFAULT 0;
-- 0 registered, 1 pending, 2 waiting, 3 cancelled, 4 rejected. Only a registered one has a ticket that counts.
ALTER TABLE registrations ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
-- Where a waiting one stands: the lowest of its event moves up first.
ALTER TABLE registrations ADD COLUMN queue_no INTEGER;
-- Staff should look at the note; staff should check who it is.
ALTER TABLE registrations ADD COLUMN attention INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registrations ADD COLUMN id_check INTEGER NOT NULL DEFAULT 0;
-- What was answered to the event's questions: a JSON object of texts.
ALTER TABLE registrations ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';
-- Who registered a group, and is written to where an attendee has no address of their own.
ALTER TABLE registrations ADD COLUMN contact_name TEXT;
ALTER TABLE registrations ADD COLUMN contact_email TEXT;
-- Whose registration it counts as: the attendee's e-mail address, or the contact's, without accents and case.
ALTER TABLE registrations ADD COLUMN person TEXT;
-- Who was logged in when it was made by its attendee.
ALTER TABLE registrations ADD COLUMN account_id BLOB REFERENCES accounts (id);
-- Why it was cancelled or rejected; may be empty.
ALTER TABLE registrations ADD COLUMN reason TEXT NOT NULL DEFAULT '';
-- Counts the changes that people make.
ALTER TABLE registrations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE registrations ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;

UPDATE registrations SET
    class = (SELECT t.class FROM tickets t WHERE t.registration_id = registrations.id),
    state = (SELECT CASE WHEN t.status = 4 THEN 3 ELSE 0 END FROM tickets t WHERE t.registration_id = registrations.id),
    person = email,
    changed_at = created_at;

CREATE INDEX registrations_by_state ON registrations (event_id, state, id);
CREATE INDEX registrations_by_class ON registrations (event_id, class, id);
CREATE INDEX registrations_by_order ON registrations (event_id, order_ref, id) WHERE order_ref IS NOT NULL;
CREATE INDEX registrations_by_person ON registrations (event_id, person, state) WHERE person IS NOT NULL;
CREATE INDEX registrations_waiting ON registrations (event_id, class, queue_no) WHERE queue_no IS NOT NULL;
CREATE INDEX registrations_by_email ON registrations (email, id) WHERE email IS NOT NULL;
CREATE INDEX registrations_by_contact ON registrations (contact_email, id) WHERE contact_email IS NOT NULL;
CREATE INDEX registrations_by_account ON registrations (account_id, id) WHERE account_id IS NOT NULL;

-- In whose name, address, order or number a word stands. Words are UTF-8 without accents and case.
CREATE TABLE attendee_words (
    event_id BLOB NOT NULL,
    word BLOB NOT NULL,
    registration_id BLOB NOT NULL,
    PRIMARY KEY (event_id, word, registration_id)
) STRICT, WITHOUT ROWID;

-- Which words hold three signs in a row, with two blanks before each word and one behind: of names all of them, so
-- that one is found that was typed wrongly; of other words the first.
CREATE TABLE attendee_trigrams (
    event_id BLOB NOT NULL,
    trigram BLOB NOT NULL,
    word BLOB NOT NULL,
    PRIMARY KEY (event_id, trigram, word)
) STRICT, WITHOUT ROWID;

-- How many tickets of a type there are that are not cancelled. Changes under the lock of the event's feed.
CREATE TABLE ticket_counts (
    event_id BLOB NOT NULL REFERENCES events (id),
    class INTEGER NOT NULL,
    living INTEGER NOT NULL,
    PRIMARY KEY (event_id, class)
) STRICT, WITHOUT ROWID;

INSERT INTO ticket_counts (event_id, class, living)
SELECT event_id, class, COUNT(*) FROM tickets WHERE status <> 4 GROUP BY event_id, class;

CREATE VIEW registered AS
SELECT
    r.id, r.event_id, r.name, r.email, r.phone, r.external_id, r.order_ref, r.note, r.created_at,
    r.class AS wanted_class, r.state, r.queue_no, r.attention, r.id_check, r.answers, r.contact_name, r.contact_email,
    r.account_id, r.reason, r.version, r.changed_at,
    t.ticket_id, t.registration_id, t.kid, t.class, t.issue, t.status, t.flags, t.status_before_block,
    t.created_at AS ticket_created_at, t.changed_at AS ticket_changed_at,
    CAST(CASE WHEN EXISTS (
        SELECT 1 FROM check_ins c
        WHERE c.event_id = t.event_id AND c.ticket_id = t.ticket_id AND c.kind = 1 AND c.is_effective = 1
    ) THEN 1 ELSE 0 END AS INTEGER) AS checked_in,
    s.device_no AS sale_device_no, s.operator AS sale_operator, s.amount AS sale_amount,
    s.currency AS sale_currency, s.payment AS sale_payment, s.allowed_by AS sale_allowed_by,
    s.is_over AS sale_is_over
FROM registrations r
LEFT JOIN tickets t ON t.registration_id = r.id
LEFT JOIN sales s ON s.event_id = t.event_id AND s.ticket_id = t.ticket_id;
