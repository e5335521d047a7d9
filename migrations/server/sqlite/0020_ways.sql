-- What every request of an organiser asks: whose an event is, and what somebody is in an organisation.
CREATE VIEW event_organisations AS SELECT id AS event_id, organisation_id FROM events;
CREATE VIEW roles AS SELECT organisation_id, account_id, role FROM memberships;

-- Letters that were sent or given up long ago, to be forgotten.
CREATE INDEX mails_done ON mails (state, done_at);

-- Each line of a list asks whether its ticket was let in: the index alone knows.
DROP INDEX check_ins_by_ticket;
CREATE INDEX check_ins_by_ticket ON check_ins (event_id, ticket_id, kind, is_effective);

-- The few tickets that are blocked or unpaid, in the order of their registrations.
CREATE INDEX tickets_by_status ON tickets (event_id, status, registration_id);
CREATE VIEW ticket_statuses AS
SELECT event_id AS at_event, status AS has_status, registration_id AS of_registration FROM tickets;

-- There is one like it: registrations_by_email.
DROP INDEX registrations_of_person;
