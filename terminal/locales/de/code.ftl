### The line for codes typed by hand.

code-title = Code
code-hint = Der Code unter dem Ticket; Bindestriche dürfen fehlen.
code-empty = Nichts eingegeben.
code-symbol = Kein Code enthält ein '{ $symbol }'.
code-too-long = Zu lang für einen Code.
code-mistake = Tippfehler: mit dem Ticket vergleichen.
