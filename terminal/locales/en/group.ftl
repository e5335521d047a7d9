### Guests of one order.

group-title = One order
group-more = { $count ->
    [one] { $count } more in this order: g
   *[other] { $count } more in this order: g
}
group-loading = One moment …
group-alone = This ticket came alone: there is no one else in its order.
group-head = Order { $order }: { $count ->
    [one] { $count } ticket, { $inside } inside.
   *[other] { $count } tickets, { $inside } inside.
}
group-hint = Space chooses, a chooses all who may go through; Enter lets them through.
group-none-chosen = Nobody is chosen. Space chooses one, a everybody.
group-running = One after another. Each is written down before it shows here.
group-done = { $through } let through.
group-done-but = { $through } let through, { $others } not.
group-failed = The machine failed: who is marked ■ was not let through. Esc shows why.

group-waiting = waits
group-asked = …
group-not-decided = not let through
group-through = let through
group-check-id = let through · check ID
group-looked = only looked at

group-key-tick = choose
group-key-all = all
group-key-decide = decide alone
group-key-stop = stop
