### Verkauf an der Tür: das Formular und das verkaufte Ticket.

walk-in-title = Ticket verkaufen
walk-in-loading = Einen Moment …
walk-in-nothing = Dieses Gerät verkauft keine Tickets. Zum Infoschalter schicken.

walk-in-name = Name:
walk-in-name-missing = Ein Name fehlt.
walk-in-name-too-long = Zu lang für ein Ticket.
walk-in-email = E-Mail:
walk-in-email-hint = Darf leer bleiben.
walk-in-email-none = Das ist keine E-Mail-Adresse.
walk-in-email-too-long = Zu lang.
walk-in-class = Ticket:
walk-in-left = { $count ->
    [0] hier keins mehr
    [one] hier noch { $count }
   *[other] hier noch { $count }
}
walk-in-costs-nothing = gratis
walk-in-payment = Bezahlt:
walk-in-cash = bar
walk-in-card = Karte
walk-in-free = gratis
walk-in-admit = Gleich rein:
walk-in-yes = ja
walk-in-no = nein

walk-in-key-field = nächstes Feld
walk-in-key-sell = verkaufen
walk-in-key-keep = weiterschreiben
walk-in-drop = Eingaben verwerfen?
walk-in-selling = Einen Moment …

walk-in-not-ready = Nicht verkauft: Dieses Gerät darf gerade nicht verkaufen.
walk-in-not-sold-here = Nicht verkauft: Diese Ticketart gibt es hier nicht.
walk-in-none-left = Nicht verkauft: An diesem Gerät ist kein Platz mehr frei. Zu einer anderen Tür oder zum Infoschalter schicken.
walk-in-expired = Nicht verkauft: Dieses Gerät durfte bis { $time } verkaufen. Mit Verbindung zum Server geht es wieder.
walk-in-ask-supervisor = Nicht verkauft: Kein Platz mehr frei. Die Leitung darf noch eins verkaufen.
walk-in-overflow-spent = { $count ->
    [one] Nicht verkauft: Kein Platz mehr frei, und { $count } Ticket wurde schon darüber hinaus verkauft.
   *[other] Nicht verkauft: Kein Platz mehr frei, und { $count } Tickets wurden schon darüber hinaus verkauft.
}
walk-in-guest = Nicht verkauft: Name oder Adresse lassen sich so nicht aufschreiben.
walk-in-fault = Nicht verkauft: Störung am Gerät. Nichts wurde gebucht; noch einmal versuchen.

walk-in-sold = Verkauft: { $name }.
walk-in-photograph = Den Gast den Code fotografieren lassen.
walk-in-too-small = Das Fenster ist zu klein für den Code. Größer ziehen oder drucken.
walk-in-taken-back = Dieser Verkauf wurde zurückgenommen. Das Ticket ist storniert.
walk-in-key-print = drucken
walk-in-key-file = Datei (PDF, PNG)
walk-in-key-next = nächster Gast
walk-in-key-done = fertig
walk-in-printing = Einen Moment …
walk-in-printed = An den Drucker geschickt.
walk-in-not-printed = Der Drucker hat es nicht angenommen. Ist er an, ist Papier darin?
walk-in-busy = Der Drucker ist noch beschäftigt. Gleich noch einmal versuchen.
walk-in-no-printer = Hier ist kein Drucker eingerichtet.
walk-in-saved = Geschrieben nach { $path }.
walk-in-not-saved = Die Datei ließ sich nicht schreiben.
walk-in-no-folder = Hier ist kein Ordner für Tickets eingerichtet.
