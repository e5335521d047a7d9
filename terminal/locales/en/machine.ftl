### What the panel says about the machine: its faults, its permission, its list, and that it is ready.

machine-other-door = No guest is refused: send them to another entrance.
machine-try-again = Try the ticket once more. If this comes back, start Usher again.
machine-without-camera = Use a hand scanner, or press t to type the code.

machine-store = This terminal can't read or write its check-ins.
machine-disk-full = This terminal's disk is full.
machine-disk-left = { $megabytes } MB left
machine-disk-step = Delete files that aren't Usher's, then try the ticket once more.
machine-clock-back = This terminal's clock went back.
machine-clock-back-why = It is behind the last check-in.
machine-clock-back-step = Set the date and time of this computer, then try the ticket once more.
machine-other = This terminal can't decide.
machine-stopped = Usher stopped inside: nothing is decided any more.
machine-stopped-safe = What was checked in before is safe on this machine.
machine-stopped-step = Quit (q) and start Usher again.

machine-revoked = The organiser took this terminal out of use.
machine-revoked-step = Ask the organiser; it can be enrolled again.
machine-forked = A second copy of this terminal's journal exists.
machine-rolled-back = This computer's disk went back to an earlier state.
machine-server-fork = The server's list is not the one this terminal knows.
machine-other-feed = The server's data came back from a copy.
machine-other-feed-step = Ask the organiser. If that is so: quit (q), then `usher sync --server-restored`.
machine-feed-broken = The ticket list does not hold together.
machine-enrol-again = Tell the organiser: this terminal must be enrolled again.
machine-clock-behind = This computer's clock is behind its own check-ins.
machine-clock-behind-step = Set the date and time of this computer.
machine-damaged = The ticket store on this computer is damaged.
machine-damaged-step = Tell the organiser, and keep this computer: its check-ins may be saved.
machine-closed = This event is closed.
machine-closed-step = Nothing more to do here. Leave Usher on until all is sent.
machine-wiped = The organiser had everything on this terminal erased.
machine-wiped-sent = The check-ins made here were sent before.
machine-wiped-step = Quit (q). It can be enrolled again.
machine-shredded = This event is over. Its data are erased from this computer.
machine-shredded-sent = The check-ins made here were all sent before.
machine-shredded-step = Quit (q). For the next event, start Usher and show it the organiser's code.
machine-certificate = This terminal's permission is not valid now.
machine-certificate-step = Check the date and time of this computer, and connect it to the network.
machine-gate = This terminal may not stand at this gate any more.
machine-gate-step = Choose its gate: key d, then g. Or ask the organiser.
machine-still-sent = Check-ins made before are still sent to the server.

machine-starting = Usher is starting.
machine-no-list = There is no ticket list yet.
machine-no-list-why = It is fetched as soon as the server answers.
machine-no-list-step = Connect this terminal to the network.
machine-download = Getting the ticket list.
machine-download-of = { $done } of { $total } tickets
machine-download-goes-on = It goes on where it was if the network fails.
machine-ready = Ready for the next guest.
machine-ready-exit = Ready for guests who leave: this door is an EXIT now.
machine-hold = Hold the ticket in front of the camera.
