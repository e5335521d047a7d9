### The first start: from an empty laptop to a terminal.

first-start-step = { $step } of 6 · { $title }
first-start-key-field = next field
first-start-key-show = show
first-start-key-hide = hide
first-start-key-another = another one
first-start-key-own = my own
first-start-key-again = go on
first-start-key-open = open the door

first-start-code-title = The organiser's code
first-start-over = The last event on this computer is over: all check-ins were sent, then its data were erased. Go on with the next event's code.
first-start-code-camera = Hold the organiser's enrolment QR in front of this laptop's camera, or scan it with a hand scanner.
first-start-camera-on = The camera is on and looks for it.
first-start-camera-starting = Starting the camera …
first-start-camera-none = No camera was found.
first-start-code-typed = Or type what the organiser says:
first-start-server = Server:
first-start-code = Code:
first-start-fingerprint = Fingerprint:
first-start-fingerprint-hint = Most servers need no fingerprint; leave it empty unless the organiser gives one.
first-start-asking = Asking the server …
first-start-problem-code = The code is not right; it has ten characters.
first-start-problem-fingerprint = The fingerprint is not right; it has 64 digits and letters from a to f.
first-start-problem-address = The server's address is not right.
first-start-problem-refused = The server does not know this code, or not any more. Ask the organiser for a new one.
first-start-problem-other-server = Another server answers than the one that made this code. Don't go on; tell the organiser.
first-start-problem-unreachable = The server cannot be reached. Check the address and the network, then try again.
first-start-problem-clock = This laptop's clock is wrong. Set its date and time, then try again.
first-start-problem-not-confirmed = Not confirmed. Ask the organiser for a new code.
first-start-problem-enrolled = This laptop is a terminal of that event already.
first-start-problem-other = That did not work.

first-start-digits-title = Compare the digits
first-start-digits = The organiser must see the same digits on the server:
first-start-digits-wait = Waiting for the organiser to confirm …
first-start-digits-confirmed = The organiser has confirmed in advance. One moment …

first-start-passphrase-title = The passphrase
first-start-passphrase = Passphrase:
first-start-made = This passphrase was made for this laptop. Write it down now:
first-start-made-why = It is asked for at every start. Without it nobody opens the data on this laptop, and nobody can look it up.
first-start-own = A passphrase of your own: several words that have nothing to do with each other, or at least 12 characters.
first-start-strong = Strong enough.
first-start-weak-short = Too short: four words, or at least 12 characters.
first-start-weak-common = Too easy to guess: many people use something like it.
first-start-weak-repeats = Too easy to guess: it repeats itself.
first-start-weak-sequence = Too easy to guess: it follows the alphabet, numbers or the keyboard.
first-start-weak-date = Too easy to guess: dates are tried early.
first-start-weak-guessable = Too easy to guess: add a word or two.
first-start-again = Type it once more, from what was written down.
first-start-differs = That was something else. Compare it with what was written down.
first-start-keeping = Making the keys. This takes a few seconds …

first-start-download-title = The ticket list
first-start-download = Getting the ticket list. After that no network is needed.
first-start-download-stop = It may be interrupted: next time it goes on where it was.
first-start-bytes = { $done } of { $total } MB
first-start-tickets = { $done } of { $total } tickets
first-start-left = { $seconds ->
    [one] about 1 second left
   *[other] about { $seconds } seconds left
}
first-start-interrupted = Interrupted. What arrived is kept.

first-start-ready-title = Ready
first-start-ready = { $count ->
    [one] 1 ticket is on this laptop.
   *[other] { $count } tickets are on this laptop.
}
first-start-ready-offline = It works without a network from now on. Before the doors open, check it once: press r on the door's screen.
