### The help screen.

help-title = Help
# A letter and a function key that do the same.
help-two-keys = { $letter } or { $key }
help-search = Find a guest by name, order, e-mail or ticket number.
help-group = The others of the guest's order, let in together.
help-walk-in = Sell a ticket, with or without the server.
help-direction = Change between entry and exit.
help-undo = Take back what this door did last.
help-look = Look at codes for a minute; nobody is let in by it.
help-decide = Let the guest on the screen in all the same, with a reason.
help-doors = The other doors, when each was last heard, and another gate for this one.
help-drill = Ready check: is everything right before the doors open?
help-code = Type the code under a ticket. A digit begins one too; Enter presents it, Esc drops it.
help-sales = What was sold at this terminal; cash-up.
help-detail = Technical detail of the last decision.
help-camera-choice = Another camera, or another size of its pictures.
help-picture = Camera picture off or on.
help-sound = Sound off or on.
help-operator = Who is at the door, and a PIN for the screen.
help-lock = Lock the screen. Scanning goes on.
help-scanner-test = Teach Usher the hand scanner's keyboard.
help-help = This help.
help-back = Back.
help-quit = Quit. Check-ins stay safe on this machine.

help-camera = Camera
help-camera-use = Needs no key. A code that stays in front of it is read once.
help-scanner = Hand scanner
help-scanner-use = Needs no key, on any screen, with or without Enter.

help-admit = Let in. It is written down already.
help-check = Do or ask what is written there first.
help-deny = Don't let in. The reason and the next step are written there.
help-exit = The guest is out.
help-repeat = Read twice in a row. It counts once.
help-fault = ■ FAULT, STOP
help-fault-means = The machine's trouble, never the guest's.
