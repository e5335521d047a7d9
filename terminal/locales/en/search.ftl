### Search.

search-title = Find a guest
search-field = Find:
search-hint = A part of the name, e-mail, order, ticket number or ticket type. Slips of the finger are forgiven.
search-known = { $count ->
    [0] The ticket list is empty.
    [one] { $count } ticket on the list.
   *[other] { $count } tickets on the list.
}
search-loading = One moment …
search-unreadable = The ticket list can't be read. Type the code under the ticket (t), or send to the help desk.
search-count = { $count ->
    [0] Nobody found.
    [one] { $count } found.
   *[other] { $count } found.
}
search-similar-only = Nobody exactly. { $count ->
    [one] { $count } similar (≈).
   *[other] { $count } similar (≈).
}
search-similar = { $count ->
    [one] { $count } similar (≈).
   *[other] { $count } similar (≈).
}
search-shown = The first { $count } are shown; type more.
search-manual-supervisor = Without a code, this event wants a supervisor to decide.
search-manual-never = Without a code, this event lets nobody in.

search-cancelled = cancelled
search-blocked = blocked
search-unpaid = unpaid
search-inside = inside since { $time }
search-used = used { $time }
search-out = was in { $time }
search-away = not in yet
search-valid = valid

search-key-present = let through
search-key-details = details
search-key-group = the order

search-detail-title = What is known
search-detail-name = Name
search-detail-type = Ticket type
search-detail-ticket = Ticket
search-detail-status = Status
search-detail-presence = Here
search-detail-email = E-mail
search-detail-order = Order
search-detail-note = Note
search-detail-first = First in
search-detail-last = Last in
search-detail-at = { $time } at { $gate } ({ $device })
search-detail-never = never, as far as this terminal knows
search-detail-none = none
