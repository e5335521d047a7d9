### The technical detail of a decision: for whoever helps on the phone.

detail-title = Detail of the last decision
detail-nothing = Nothing decided yet.
detail-none = none

detail-time = time
detail-direction = direction
detail-ticket = ticket
detail-entry = journal entry
detail-took = took
detail-codes = codes
detail-override = override
detail-flags = flags
detail-not-ready = not ready
detail-event = event
detail-issue = issue
detail-issue-none = none: typed or named
detail-listed = listed
detail-listed-as = issue { $issue }, { $class }, { $status }
detail-listed-class = type { $number }
detail-listed-no = no, list at { $cursor }
detail-gate = gate
detail-gate-into = { $gate } into { $zone }
detail-gate-no-zone = no zone
detail-last-in = last in
detail-last-in-at = { $time } { $gate }, { $device } entry { $entry }
detail-uses = uses before
detail-uses-of = { $used } of { $limit }
detail-uses-any = any number
detail-window = window
detail-window-span = { $from } to { $until }
detail-home-gate = home gate
detail-clock = clock
detail-inside = inside
detail-inside-of = { $inside } of { $capacity }
