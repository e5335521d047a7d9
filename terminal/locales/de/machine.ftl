### What the panel says about the machine: its faults, its permission, its list, and that it is ready.

machine-other-door = Kein Gast ist abgewiesen: an einen anderen Eingang schicken.
machine-try-again = Das Ticket noch einmal vorzeigen. Kommt dies wieder: Usher neu starten.
machine-without-camera = Handscanner nehmen oder den Code tippen (Taste t).

machine-store = Dieses Gerät kann seine Buchungen nicht lesen oder schreiben.
machine-disk-full = Auf diesem Gerät ist kein Speicherplatz mehr.
machine-disk-left = noch { $megabytes } MB frei
machine-disk-step = Dateien löschen, die nicht zu Usher gehören; dann das Ticket noch einmal vorzeigen.
machine-clock-back = Die Uhr dieses Geräts ging zurück.
machine-clock-back-why = Sie liegt hinter der letzten Buchung.
machine-clock-back-step = Datum und Uhrzeit dieses Geräts stellen; dann das Ticket noch einmal vorzeigen.
machine-other = Dieses Gerät kann nicht entscheiden.
machine-stopped = Usher ist innen stehen geblieben: Nichts wird mehr entschieden.
machine-stopped-safe = Alles bisher Gebuchte ist auf diesem Gerät sicher.
machine-stopped-step = Beenden (q) und Usher neu starten.

machine-revoked = Der Veranstalter hat dieses Gerät außer Dienst gestellt.
machine-revoked-step = Den Veranstalter fragen; es kann neu angemeldet werden.
machine-forked = Es gibt eine zweite Kopie vom Journal dieses Geräts.
machine-rolled-back = Der Speicher dieses Geräts ist auf einem früheren Stand.
machine-server-fork = Die Liste des Servers ist nicht die, die dieses Gerät kennt.
machine-other-feed = Die Daten des Servers kamen aus einer Sicherung zurück.
machine-other-feed-step = Den Veranstalter fragen. Stimmt es: beenden (q), dann `usher sync --server-restored`.
machine-feed-broken = Die Ticketliste passt nicht zusammen.
machine-enrol-again = Dem Veranstalter melden: Dieses Gerät muss neu angemeldet werden.
machine-clock-behind = Die Uhr dieses Geräts liegt hinter seinen eigenen Buchungen.
machine-clock-behind-step = Datum und Uhrzeit dieses Geräts stellen.
machine-damaged = Der Ticketspeicher auf diesem Gerät ist beschädigt.
machine-damaged-step = Dem Veranstalter melden und es behalten: Seine Buchungen sind vielleicht zu retten.
machine-closed = Diese Veranstaltung ist zu Ende.
machine-closed-step = Hier ist nichts mehr zu tun. Usher anlassen, bis alles gesendet ist.
machine-wiped = Der Veranstalter hat alles auf diesem Gerät löschen lassen.
machine-wiped-sent = Was hier gebucht wurde, wurde vorher gesendet.
machine-wiped-step = Beenden (q). Das Gerät lässt sich neu anmelden.
machine-shredded = Diese Veranstaltung ist zu Ende. Ihre Daten sind auf diesem Gerät gelöscht.
machine-shredded-sent = Alles hier Gebuchte wurde vorher gesendet.
machine-shredded-step = Beenden (q). Für die nächste: Usher starten und den Code des Veranstalters zeigen.
machine-certificate = Die Erlaubnis dieses Geräts gilt jetzt nicht.
machine-certificate-step = Datum und Uhrzeit dieses Geräts prüfen und es ins Netz bringen.
machine-gate = Dieses Gerät darf nicht mehr an diesem Eingang stehen.
machine-gate-step = Seinen Eingang wählen: Taste d, dann g. Oder den Veranstalter fragen.
machine-still-sent = Frühere Buchungen werden weiter an den Server gesendet.

machine-starting = Usher startet.
machine-no-list = Es gibt noch keine Ticketliste.
machine-no-list-why = Sie wird geholt, sobald der Server antwortet.
machine-no-list-step = Dieses Gerät ins Netz bringen.
machine-download = Die Ticketliste wird geholt.
machine-download-of = { $done } von { $total } Tickets
machine-download-goes-on = Fällt das Netz aus, geht es später dort weiter.
machine-ready = Bereit für den nächsten Gast.
machine-ready-exit = Bereit für Gäste, die gehen: Diese Tür ist jetzt ein AUSGANG.
machine-hold = Das Ticket vor die Kamera halten.
