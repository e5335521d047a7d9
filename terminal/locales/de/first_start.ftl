### The first start: from an empty laptop to a terminal.

first-start-step = { $step } von 6 · { $title }
first-start-key-field = nächstes Feld
first-start-key-show = zeigen
first-start-key-hide = verbergen
first-start-key-another = eine andere
first-start-key-own = eine eigene
first-start-key-again = weiter
first-start-key-open = Tür öffnen

first-start-code-title = Der Code des Veranstalters
first-start-over = Die letzte Veranstaltung auf diesem Gerät ist zu Ende: Alles Gebuchte wurde gesendet, dann wurden ihre Daten gelöscht. Weiter geht es mit dem Code der nächsten.
first-start-code-camera = Den Anmelde-QR des Veranstalters vor die Kamera dieses Geräts halten oder mit dem Handscanner scannen.
first-start-camera-on = Die Kamera läuft und sucht ihn.
first-start-camera-starting = Kamera startet …
first-start-camera-none = Keine Kamera gefunden.
first-start-code-typed = Oder eintippen, was der Veranstalter nennt:
first-start-server = Server:
first-start-code = Code:
first-start-fingerprint = Fingerabdruck:
first-start-fingerprint-hint = Die meisten Server brauchen keinen Fingerabdruck; leer lassen, wenn der Veranstalter keinen nennt.
first-start-asking = Der Server wird gefragt …
first-start-problem-code = Der Code stimmt nicht; er hat zehn Zeichen.
first-start-problem-fingerprint = Der Fingerabdruck stimmt nicht; er hat 64 Ziffern und Buchstaben von a bis f.
first-start-problem-address = Die Adresse des Servers stimmt nicht.
first-start-problem-refused = Der Server kennt diesen Code nicht oder nicht mehr. Den Veranstalter um einen neuen bitten.
first-start-problem-other-server = Es antwortet ein anderer Server als der, von dem dieser Code ist. Nicht weitermachen; den Veranstalter fragen.
first-start-problem-unreachable = Der Server ist nicht zu erreichen. Adresse und Netz prüfen, dann noch einmal.
first-start-problem-clock = Die Uhr dieses Geräts geht falsch. Datum und Zeit stellen, dann noch einmal.
first-start-problem-not-confirmed = Nicht bestätigt. Den Veranstalter um einen neuen Code bitten.
first-start-problem-enrolled = Dieses Gerät ist für die Veranstaltung schon angemeldet.
first-start-problem-other = Das ging nicht.

first-start-digits-title = Ziffern vergleichen
first-start-digits = Der Veranstalter muss auf dem Server dieselben Ziffern sehen:
first-start-digits-wait = Warten auf die Bestätigung des Veranstalters …
first-start-digits-confirmed = Der Veranstalter hat schon bestätigt. Einen Moment …

first-start-passphrase-title = Die Passphrase
first-start-passphrase = Passphrase:
first-start-made = Diese Passphrase ist für dieses Gerät. Jetzt aufschreiben:
first-start-made-why = Sie wird bei jedem Start verlangt. Ohne sie öffnet niemand die Daten auf diesem Gerät, und nachschlagen kann sie niemand.
first-start-own = Eine eigene Passphrase: mehrere Wörter, die nichts miteinander zu tun haben, oder mindestens 12 Zeichen.
first-start-strong = Stark genug.
first-start-weak-short = Zu kurz: vier Wörter oder mindestens 12 Zeichen.
first-start-weak-common = Zu leicht zu erraten: Viele haben so eine.
first-start-weak-repeats = Zu leicht zu erraten: Sie wiederholt sich.
first-start-weak-sequence = Zu leicht zu erraten: Sie folgt dem Alphabet, Zahlen oder der Tastatur.
first-start-weak-date = Zu leicht zu erraten: Daten werden früh probiert.
first-start-weak-guessable = Zu leicht zu erraten: Ein, zwei Wörter mehr.
first-start-again = Noch einmal eintippen, vom Aufgeschriebenen.
first-start-differs = Das war etwas anderes. Mit dem Aufgeschriebenen vergleichen.
first-start-keeping = Schlüssel werden erzeugt. Das dauert ein paar Sekunden …

first-start-download-title = Die Ticketliste
first-start-download = Die Ticketliste wird geholt. Danach ist kein Netz mehr nötig.
first-start-download-stop = Es darf unterbrochen werden: Beim nächsten Mal geht es weiter.
first-start-bytes = { $done } von { $total } MB
first-start-tickets = { $done } von { $total } Tickets
first-start-left = { $seconds ->
    [one] noch etwa 1 Sekunde
   *[other] noch etwa { $seconds } Sekunden
}
first-start-interrupted = Unterbrochen. Was da ist, bleibt.

first-start-ready-title = Bereit
first-start-ready = { $count ->
    [one] 1 Ticket ist auf diesem Gerät.
   *[other] { $count } Tickets sind auf diesem Gerät.
}
first-start-ready-offline = Ab jetzt geht es ohne Netz. Vor dem Einlass einmal prüfen: r auf dem Bildschirm der Tür.
