### Decisions of people: questions, overrides, looking without admitting; and what is not known of other doors.

decision-title = Let in all the same?
decision-collect = Collect { $price } now? Paid: let in. Not paid: refuse.
decision-identity = Check the guest's ID. Is it this person?
decision-let-in = Let in all the same? You decide here, with a reason.

decision-key-usual = usual reason
decision-key-words = own words
decision-key-on = go on
decision-key-pin = PIN
decision-key-let-in = let in
decision-key-cash = paid cash
decision-key-card = paid by card
decision-key-refuse = refuse
decision-key-seen = yes, right person
decision-key-not-seen = no, take back
decision-key-override = let in anyway
decision-key-next = next guest
decision-key-detail = detail

decision-why = Why? The organiser sees it.
decision-reason = Reason:
decision-which-supervisor = Which supervisor decides?
decision-type-pin = The supervisor types their PIN. Enter lets the guest in.
decision-pin = PIN:
decision-one-moment = One moment …
decision-choose-reason = Choose a number, or say why in your own words.
decision-usual-known = I know this guest.
decision-usual-organiser = The organiser agreed.
decision-usual-mistake = The first check-in was a mistake.
decision-usual-came-back = The guest had gone out unseen.
decision-usual-help-desk = The help desk sent the guest.
decision-usual-receipt = The guest showed a receipt.

decision-gone = Nobody let in: that question is over. Present the ticket again.
decision-nobody = Nobody let in: nobody may decide against this.
decision-needs-supervisor = Nobody let in: this needs a supervisor. Send to the help desk.
decision-no-reason = Nobody let in: a reason is needed.
decision-nothing-to-collect = Nobody let in: there is no price to collect.
decision-pin-unknown = No supervisor has this name.
decision-pin-wrong = { $left ->
    [one] Wrong PIN. One more try.
   *[other] Wrong PIN. { $left } more tries.
}
decision-pin-paused = Too many wrong PINs. Wait { $span }.

decision-looking = LOOK ONLY · { $span } left
decision-look-ready = Codes are only looked at now.
decision-look-ready-more = Nothing is written down, nobody is let in. It ends by itself, or with Esc.
decision-would-be = Would be { $verdict }. Nothing is written down.

decision-list-old = List { $span } old.
decision-not-heard = { $door } not heard from since { $time }.
decision-not-heard-more = { $count ->
    [one] 1 more door is silent.
   *[other] { $count } more doors are silent.
}
decision-inside = inside { $inside }
decision-inside-of = inside { $inside } of { $capacity }
decision-silent = { $door } silent { $span }
decision-double = Double entry: { $name }, { $here } here, { $there } at { $gate } ({ $device }).
