### The question before the program ends.

quit-question = Quit Usher?
quit-all-sent = All check-ins are sent.
quit-unsent = { $count ->
    [one] 1 check-in is not sent yet.
   *[other] { $count } check-ins are not sent yet.
}
quit-unsent-safe = { $count ->
    [one] It is safe on this machine and is sent next time.
   *[other] They are safe on this machine and are sent next time.
}
