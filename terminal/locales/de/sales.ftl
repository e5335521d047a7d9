### Verkäufe und Kassensturz.

sales-title = Verkäufe an diesem Gerät
sales-loading = Einen Moment …
sales-none = An diesem Gerät wurde noch nichts verkauft.
sales-nobody = ohne Namen
sales-total = Zusammen
sales-count = { $count ->
    [one] { $count } Verkauf
   *[other] { $count } Verkäufe
}
sales-undone = { $count } zurückgenommen
sales-taken-back = zurückgenommen
sales-key-show = Ticket zeigen
