### Guests of one order.

group-title = Eine Bestellung
group-more = { $count ->
    [one] noch { $count } in dieser Bestellung: g
   *[other] noch { $count } in dieser Bestellung: g
}
group-loading = Einen Moment …
group-alone = Dieses Ticket kam allein: In seiner Bestellung ist sonst niemand.
group-head = Bestellung { $order }: { $count ->
    [one] { $count } Ticket, { $inside } drin.
   *[other] { $count } Tickets, { $inside } drin.
}
group-hint = Leertaste wählt, a wählt alle, die durchdürfen; Enter lässt sie durch.
group-none-chosen = Niemand ist gewählt. Leertaste wählt eine Person, a alle.
group-running = Eine nach der anderen. Jede ist gebucht, bevor sie hier erscheint.
group-done = { $through } durchgelassen.
group-done-but = { $through } durchgelassen, { $others } nicht.
group-failed = Das Gerät ist gestört: Wer ■ trägt, ist nicht durch. Esc zeigt, warum.

group-waiting = wartet
group-asked = …
group-not-decided = nicht durchgelassen
group-through = durchgelassen
group-check-id = durch · Ausweis prüfen
group-looked = nur angesehen

group-key-tick = wählen
group-key-all = alle
group-key-decide = entscheiden
group-key-stop = anhalten
