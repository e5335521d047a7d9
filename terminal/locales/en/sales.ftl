### Sales and cash-up.

sales-title = Sales at this terminal
sales-loading = One moment …
sales-none = Nothing was sold at this terminal yet.
sales-nobody = nobody named
sales-total = Together
sales-count = { $count ->
    [one] { $count } sale
   *[other] { $count } sales
}
sales-undone = { $count } taken back
sales-taken-back = taken back
sales-key-show = show the ticket
