-- What every request of an organiser asks: whose an event is, and what somebody is in an organisation.
CREATE VIEW event_organisations AS SELECT id AS event_id, organisation_id FROM events;
CREATE VIEW roles AS SELECT organisation_id, account_id, role FROM memberships;

-- Letters that were sent or given up long ago, to be forgotten.
CREATE INDEX mails_done ON mails (state, done_at);
-- What of one kind happened at the doors, in order.
CREATE INDEX check_ins_in_order ON check_ins (event_id, kind, number);
-- There is one like it: registrations_by_email.
DROP INDEX registrations_of_person;
