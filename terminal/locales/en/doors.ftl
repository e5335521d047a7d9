### The other terminals.

doors-title = Doors
doors-key-gate = move to another gate
doors-loading = One moment …
doors-learned = The event's terminals, as the server knew them { $ago } ago:
doors-from-list = The server has not told yet. Known from the ticket list:
doors-terminal = Terminal
doors-gate = Gate
doors-in = in
doors-out = out
doors-heard = last heard
doors-this = { $name } (this one)
doors-here = here
doors-ago = { $ago } ago
doors-silent = ! { $ago } ago
doors-never = ! never
doors-revoked = revoked
doors-wiped = erased
doors-forked = stopped
doors-choose-gate = Where does this terminal stand? Enter moves it there.
doors-stands-at = This terminal now stands at { $gate }.
doors-not-standing = Not moved: this terminal may not stand there. Ask the organiser.
