### Walk-ins: the form and the sold ticket.

walk-in-title = Sell a ticket
walk-in-loading = One moment …
walk-in-nothing = This terminal sells no tickets. Send the guest to the help desk.

walk-in-name = Name:
walk-in-name-missing = A name is needed.
walk-in-name-too-long = Too long for a ticket.
walk-in-email = E-mail:
walk-in-email-hint = May stay empty.
walk-in-email-none = This is no e-mail address.
walk-in-email-too-long = Too long.
walk-in-class = Ticket:
walk-in-left = { $count ->
    [0] none left here
    [one] { $count } left here
   *[other] { $count } left here
}
walk-in-costs-nothing = free
walk-in-payment = Paid:
walk-in-cash = cash
walk-in-card = card
walk-in-free = free
walk-in-admit = Let in now:
walk-in-yes = yes
walk-in-no = no

walk-in-key-field = next field
walk-in-key-sell = sell
walk-in-key-keep = go on writing
walk-in-drop = Drop what was written?
walk-in-selling = One moment …

walk-in-not-ready = Not sold: this terminal may not sell now.
walk-in-not-sold-here = Not sold: this ticket type is not sold here.
walk-in-none-left = Not sold: no place is left at this terminal. Send the guest to another door or to the help desk.
walk-in-expired = Not sold: this terminal could sell until { $time }. It can again once it reaches the server.
walk-in-ask-supervisor = Not sold: no place is left. A supervisor may sell one more.
walk-in-overflow-spent = { $count ->
    [one] Not sold: no place is left, and { $count } ticket was sold beyond that already.
   *[other] Not sold: no place is left, and { $count } tickets were sold beyond that already.
}
walk-in-guest = Not sold: the name or the address can't be written down like this.
walk-in-fault = Not sold: the machine has a fault. Nothing was taken down; try again.

walk-in-sold = Sold: { $name }.
walk-in-photograph = Let the guest take a picture of the code.
walk-in-too-small = The window is too small for the code. Make it larger, or print the ticket.
walk-in-taken-back = This sale was taken back. The ticket is cancelled.
walk-in-key-print = print
walk-in-key-file = file (PDF, PNG)
walk-in-key-next = next guest
walk-in-key-done = done
walk-in-printing = One moment …
walk-in-printed = Sent to the printer.
walk-in-not-printed = The printer did not take it. Is it on, and is there paper in it?
walk-in-busy = The printer is still busy. Try again in a moment.
walk-in-no-printer = No printer is set up here.
walk-in-saved = Written to { $path }.
walk-in-not-saved = The file could not be written.
walk-in-no-folder = No folder for tickets is set up here.
