### The ready check.

drill-title = Ready check
drill-running = Checking …
drill-hold-a-code = Hold any QR code before the camera, best one that is no guest's ticket: { $seconds } s left. Enter goes on without.
drill-heard-device = A tone was played by the sound device. Did you hear it?
drill-heard-bell = The bell of this terminal window was rung. Did you hear it?
drill-key-skip = go on without
drill-key-heard = heard
drill-key-not-heard = not heard
drill-key-again = play again
drill-key-read = read
drill-all-green = This door is ready.
drill-some-amber = This door works. Look at what is marked with { $mark } before it opens.
drill-some-red = This door is NOT ready. See what is marked with { $mark }.
drill-not-kept = The result could not be written down.

drill-ready = May let in
drill-ready-yes = Yes.
drill-ready-no = No: this terminal was stopped.
drill-ready-do = The door's panel says why. Ask the organiser.
drill-list = Ticket list
drill-list-none = None yet.
drill-list-age = { $count ->
    [one] { $count } ticket, { $age } old.
   *[other] { $count } tickets, { $age } old.
}
drill-list-do = Bring this laptop into the network for a minute.
drill-keys = Ticket keys
drill-keys-count = { $count ->
    [0] None: every ticket would look forged.
    [one] { $count }, here and offline.
   *[other] { $count }, here and offline.
}
drill-keys-do = Bring this laptop into the network for a minute.
drill-certificate = Permission
drill-certificate-no = Does not hold now.
drill-certificate-left = Holds for { $left }.
drill-certificate-do = Connect this laptop to the network: each contact with the server renews it.
drill-clock = Clock
drill-clock-is = Sure to within { $within }. This laptop's own clock is off by { $off }.
drill-clock-do = Bring it into the network, and set this laptop's clock.
drill-server = Server
drill-server-online = { $count ->
    [0] Reached; everything is sent.
   *[other] Reached; { $count } to send.
}
drill-server-offline = { $count ->
    [0] Not reached. Check-ins work all the same.
   *[other] Not reached; { $count } to send. Check-ins work all the same.
}
drill-server-do = Check the network, if this door is to have one.
drill-disk = Disk space
drill-disk-free = { $size } free.
drill-disk-do = Make room: delete files that nobody needs.
drill-durable = Saving a check-in
drill-durable-no = Nothing can be written.
drill-durable-took = Usually { $usual }, at most { $most }.
drill-durable-do = The disk is slow or failing. Close other programs, or take another laptop.
drill-copy = Second copy
drill-copy-whole = Complete.
drill-copy-behind = { $count ->
    [one] Lacks { $count } check-in.
   *[other] Lacks { $count } check-ins.
}
drill-copy-do = Restart Usher. If it stays like this, the disk is failing.
drill-battery = Battery
drill-battery-none = None; it runs on mains power.
drill-battery-charging = { $percent } %, on mains power.
drill-battery-draining = { $percent } %, being emptied.
drill-battery-do = Plug in the charger.
drill-sample = Forgeries
drill-sample-told = A good ticket was told from a forged one.
drill-sample-none = Not tried: there is no ticket in the list.
drill-sample-not-told = NOT told from good tickets.
drill-sample-unreadable = Not tried: the list cannot be read.
drill-sample-do = Let nobody in with this laptop before a ticket can be tried. Ask the organiser.
drill-rehearsal = Offline rehearsal
drill-rehearsal-decided = { $admitted } of { $count } tickets would come in here without network. Nothing was counted.
drill-rehearsal-failed = { $failed } tickets could not be decided.
drill-rehearsal-do = Check that this is the right gate, and that the list and the clock are right.
drill-camera = Camera
drill-camera-read = Read a code.
drill-camera-unread = Gives pictures; no code was read.
drill-camera-unwanted = None in use. Reading works, tried on a made picture.
drill-camera-away = Not there. Reading works, tried on a made picture.
drill-camera-blind = Reading does not work, not even on a made picture.
drill-camera-do = Look at the camera's cable, lens and light, or use a hand scanner.
drill-sound = Sound
drill-sound-heard-device = Heard, from the sound device.
drill-sound-heard-bell = Heard, from the terminal window's bell.
drill-sound-not-heard-device = Not heard; the sound device played it.
drill-sound-do = Turn the volume up, and look which loudspeaker the system uses.
drill-sound-not-heard-bell = Not heard; there was only the terminal window's bell.
drill-sound-do-bell = Plug a loudspeaker in, or let the terminal window ring its bell.
drill-sound-none = There is no sound device.
drill-sound-do-none = Plug a loudspeaker in, or start Usher with --sound auto.
drill-sound-off = Off, as it is set here.
