### What only plain mode says: the same door as lines of text, for screen readers.

plain-keys = Keys: { $keys }
plain-arrows = arrow keys
plain-arrows-sideways = left and right
plain-tab = Tab
plain-again = Say again where this is, how things stand, and which keys work.
plain-chosen = Chosen: { $row }
plain-more = { $count } more.
plain-sound-on = sound on
plain-ticket = Its code is a picture: print it, or give the guest the number above.
plain-light-green = OK:
plain-light-amber = Notice:
plain-light-red = Problem:
