### The question before the program ends.

quit-question = Usher beenden?
quit-all-sent = Alle Buchungen sind gesendet.
quit-unsent = { $count ->
    [one] 1 Buchung ist noch nicht gesendet.
   *[other] { $count } Buchungen sind noch nicht gesendet.
}
quit-unsent-safe = { $count ->
    [one] Sie ist auf diesem Gerät sicher und wird beim nächsten Mal gesendet.
   *[other] Sie sind auf diesem Gerät sicher und werden beim nächsten Mal gesendet.
}
