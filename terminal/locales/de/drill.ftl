### The ready check.

drill-title = Bereit?
drill-running = Wird geprüft …
drill-hold-a-code = Irgendeinen QR-Code vor die Kamera halten, am besten kein Ticket eines Gastes: noch { $seconds } s. Enter geht ohne weiter.
drill-heard-device = Das Tongerät hat einen Ton gespielt. War er zu hören?
drill-heard-bell = Die Glocke dieses Terminalfensters hat geläutet. War sie zu hören?
drill-key-skip = ohne weiter
drill-key-heard = gehört
drill-key-not-heard = nicht gehört
drill-key-again = noch einmal
drill-key-read = lesen
drill-all-green = Diese Tür ist bereit.
drill-some-amber = Diese Tür geht. Vor dem Öffnen ansehen, was mit { $mark } markiert ist.
drill-some-red = Diese Tür ist NICHT bereit. Ansehen, was mit { $mark } markiert ist.
drill-not-kept = Das Ergebnis konnte nicht gespeichert werden.

drill-ready = Darf einlassen
drill-ready-yes = Ja.
drill-ready-no = Nein: Dieses Gerät wurde angehalten.
drill-ready-do = Warum, steht an der Tür im großen Feld. Den Veranstalter fragen.
drill-list = Ticketliste
drill-list-none = Noch keine.
drill-list-age = { $count ->
    [one] { $count } Ticket, { $age } alt.
   *[other] { $count } Tickets, { $age } alt.
}
drill-list-do = Dieses Gerät für eine Minute ins Netz bringen.
drill-keys = Ticketschlüssel
drill-keys-count = { $count ->
    [0] Keiner: Jedes Ticket sähe gefälscht aus.
    [one] { $count }, auch ohne Netz.
   *[other] { $count }, auch ohne Netz.
}
drill-keys-do = Dieses Gerät für eine Minute ins Netz bringen.
drill-certificate = Erlaubnis
drill-certificate-no = Gilt gerade nicht.
drill-certificate-left = Gilt noch { $left }.
drill-certificate-do = Dieses Gerät ans Netz bringen: Jeder Kontakt mit dem Server verlängert sie.
drill-clock = Uhr
drill-clock-is = Auf { $within } genau. Die eigene Uhr geht um { $off } falsch.
drill-clock-do = Ins Netz bringen und die Uhr dieses Geräts stellen.
drill-server = Server
drill-server-online = { $count ->
    [0] Erreicht; alles ist gesendet.
   *[other] Erreicht; { $count } zu senden.
}
drill-server-offline = { $count ->
    [0] Nicht erreicht. Einlassen geht trotzdem.
   *[other] Nicht erreicht; { $count } zu senden. Einlassen geht trotzdem.
}
drill-server-do = Das Netz prüfen, falls diese Tür eines haben soll.
drill-disk = Speicherplatz
drill-disk-free = { $size } frei.
drill-disk-do = Platz schaffen: Dateien löschen, die niemand braucht.
drill-durable = Speichern
drill-durable-no = Es lässt sich nichts schreiben.
drill-durable-took = Meist { $usual }, höchstens { $most }.
drill-durable-do = Die Platte ist langsam oder geht kaputt. Andere Programme schließen oder ein anderes Gerät nehmen.
drill-copy = Zweitschrift
drill-copy-whole = Vollständig.
drill-copy-behind = { $count ->
    [one] { $count } Buchung fehlt.
   *[other] { $count } Buchungen fehlen.
}
drill-copy-do = Usher neu starten. Bleibt es so, geht die Platte kaputt.
drill-battery = Akku
drill-battery-none = Keiner; läuft am Stromnetz.
drill-battery-charging = { $percent } %, am Stromnetz.
drill-battery-draining = { $percent } %, wird leerer.
drill-battery-do = Das Ladegerät anstecken.
drill-sample = Fälschungen
drill-sample-told = Ein echtes Ticket wurde von einem gefälschten unterschieden.
drill-sample-none = Nicht versucht: Die Liste enthält kein Ticket.
drill-sample-not-told = NICHT von echten Tickets unterschieden.
drill-sample-unreadable = Nicht versucht: Die Liste ist nicht lesbar.
drill-sample-do = Mit diesem Gerät niemanden einlassen, bis ein Ticket versucht werden kann. Den Veranstalter fragen.
drill-rehearsal = Probe ohne Netz
drill-rehearsal-decided = { $admitted } von { $count } Tickets kämen hier ohne Netz hinein. Nichts wurde gezählt.
drill-rehearsal-failed = Über { $failed } Tickets war nicht zu entscheiden.
drill-rehearsal-do = Prüfen, ob der Eingang der richtige ist und Liste und Uhr stimmen.
drill-camera = Kamera
drill-camera-read = Hat einen Code gelesen.
drill-camera-unread = Liefert Bilder; kein Code wurde gelesen.
drill-camera-unwanted = Keine in Gebrauch. Lesen geht, an einem gemachten Bild versucht.
drill-camera-away = Nicht da. Lesen geht, an einem gemachten Bild versucht.
drill-camera-blind = Lesen geht nicht, nicht einmal an einem gemachten Bild.
drill-camera-do = Kabel, Linse und Licht der Kamera ansehen oder einen Handscanner nehmen.
drill-sound = Ton
drill-sound-heard-device = Gehört, vom Tongerät.
drill-sound-heard-bell = Gehört, von der Glocke des Terminalfensters.
drill-sound-not-heard-device = Nicht gehört; das Tongerät hat gespielt.
drill-sound-do = Lauter stellen und nachsehen, welchen Lautsprecher das System benutzt.
drill-sound-not-heard-bell = Nicht gehört; es gab nur die Glocke des Terminalfensters.
drill-sound-do-bell = Einen Lautsprecher anstecken oder das Terminalfenster läuten lassen.
drill-sound-none = Es gibt kein Tongerät.
drill-sound-do-none = Einen Lautsprecher anstecken oder Usher mit --sound auto starten.
drill-sound-off = Aus, so ist es hier eingestellt.
