-- How often something of the feed was erased: a snapshot that was begun before is not kept.
ALTER TABLE feeds ADD COLUMN erasures INTEGER NOT NULL DEFAULT 0;

-- Nobody needs the key of a closed event's feed any more.
UPDATE feeds SET body_key = NULL WHERE event_id IN (SELECT id FROM events WHERE state = 4);

-- For what is known of one person.
CREATE INDEX mails_by_recipient ON mails (recipient, id);
CREATE INDEX audit_by_person ON audit (account_id, id);
CREATE INDEX audit_by_subject ON audit (subject, id);
CREATE INDEX proposals_by_contact ON proposals (contact_email);
CREATE INDEX invitations_by_email ON invitations (email);
