### What the panel says: one word for each look, and what is told about a guest.

## Letters in the words of looks need a block letter each (view/letters.rs).

verdict-admit = JA
verdict-exit = AUSGANG
verdict-check = PRÜFEN
verdict-deny = NEIN
verdict-repeat = NOCHMAL
verdict-not-a-ticket = KEIN TICKET
verdict-not-ready = STOPP
verdict-ready = BEREIT
verdict-wait = WARTEN
verdict-look = ANSEHEN
verdict-fault = STÖRUNG

## About the guest.

verdict-when = { $time } · vor { $span }
verdict-ticket = Ticket { $ticket }
verdict-unknown = Unbekannter Gast
verdict-also = Außerdem: { $findings }.
verdict-entry = Einlass { $number } von { $limit }
verdict-in-since = Drin seit { $time }: { $span }
verdict-not-seen = Beim Hineingehen nicht gesehen.
verdict-short = { $finding }: { $name }
verdict-check-id = Ausweis prüfen. Richtiger Name: einlassen. Falscher Name: zum Infoschalter schicken.
verdict-attention = Der Veranstalter bittet, auf diesen Gast zu achten.
verdict-test = Probeticket: nicht für echte Gäste.
verdict-manual = Getippter Code: nach dem Namen des Gastes fragen.
verdict-unlisted = Gerade verkauft: noch nicht auf dieser Liste.
verdict-stale = Nach einer alten Ticketliste entschieden.
verdict-clock = Die Uhr dieses Geräts geht vielleicht falsch.
verdict-walk-in = An der Abendkasse verkauft.
verdict-override = Vom Personal trotzdem eingelassen.
