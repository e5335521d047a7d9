### What the panel says: one word for each look, and what is told about a guest.

## Letters in the words of looks need a block letter each (view/letters.rs).

verdict-admit = ADMIT
verdict-exit = EXIT
verdict-check = CHECK
verdict-deny = DENY
verdict-repeat = SAME
verdict-not-a-ticket = NOT A TICKET
verdict-not-ready = STOP
verdict-ready = READY
verdict-wait = WAIT
verdict-look = LOOK
verdict-fault = FAULT

## About the guest.

verdict-when = { $time } · { $span } ago
verdict-ticket = Ticket { $ticket }
verdict-unknown = Unknown guest
verdict-also = Also: { $findings }.
verdict-entry = Entry { $number } of { $limit }
verdict-in-since = In since { $time }: { $span }
verdict-not-seen = Not seen coming in.
verdict-short = { $finding }: { $name }
verdict-check-id = Check the guest's ID. Right name: let in. Wrong name: send to the help desk.
verdict-attention = The organiser asks for a look at this guest.
verdict-test = Rehearsal ticket: not for a real guest.
verdict-manual = Typed code: ask for the guest's name.
verdict-unlisted = Sold lately: not on this list yet.
verdict-stale = Decided by an old ticket list.
verdict-clock = This terminal's clock may be wrong.
verdict-walk-in = Sold at the door.
verdict-override = Let in by decision of staff.
