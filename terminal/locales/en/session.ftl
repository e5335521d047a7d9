### Operators, the lock, hand scanners.

session-operator-title = Who is at the door
session-name = Name:
session-name-hint = The name is written beside each check-in; the organiser sees it.
session-recent = Or who was here before:
session-pin-title = A PIN for this screen
session-pin = PIN:
session-pin-again = PIN once more:
session-pin-hint = 4 to 12 digits. It unlocks the screen until Usher is closed.
session-pin-skip = Enter without a PIN goes on without one.
session-pin-length = A PIN has 4 to 12 digits.
session-pin-differ = The two differ. Type a new PIN.
session-is-operator = At the door: { $name }.
session-is-nobody = At the door: nobody by name.
session-pin-set = The PIN is set. k locks this screen.
session-locked = LOCKED
session-locked-key = k to unlock
session-locked-scan = Scanning goes on.
session-locked-rest = Nothing is checked in while the screen is locked.
session-unlock-title = Locked
session-unlock-hint = The PIN of whoever locked the screen.
session-wrong-pin = { $left ->
    [one] Another PIN. One try is left; after that only the passphrase helps.
   *[other] Another PIN. { $left } tries are left.
}
session-sealed = Too many wrong PINs. Type the passphrase to go on; all check-ins are safe on this machine.
session-next = next
session-set = set
session-lock = lock
session-unlock = unlock

session-scanner-title = Hand scanner
session-scanner-scan = Scan this code with the hand scanner.
session-scanner-plain = The hand scanner and this keyboard fit together.
session-scanner-learned = Learned: the hand scanner speaks another keyboard's language, and Usher understands it now.
session-scanner-dead = Dead keys here: { $signs }. Some tickets may not be readable.
session-scanner-missing = These do not arrive: { $signs }. Some tickets are not readable.
session-scanner-confused = These cannot be told apart: { $signs }. Some tickets are not readable.
session-scanner-country = Set the scanner to this keyboard's country (its manual has a code for that), then scan again.
session-scanner-other = That was another code. Scan the one on this screen.
session-scanner-incomplete = The code came with gaps. Scan again; if this stays, set the scanner to send slower.
