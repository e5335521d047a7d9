### What is asked and told before the door opens.

prompts-passphrase = Passphrase:
prompts-new = Neue Passphrase (Enter: eine machen lassen):
prompts-wrong = Falsche Passphrase. Noch einmal.
prompts-again = Noch einmal:
prompts-differ = Die beiden sind verschieden. Noch einmal von vorn.
prompts-made-keep = Aufschreiben: Ohne sie öffnet niemand die Daten dieses Geräts, und niemand kann sie nachschlagen.
prompts-no-room = Auf diesem Gerät ist kein Speicherplatz mehr, darum lässt sich Usher nicht öffnen. Was gebucht wurde, ist sicher.
prompts-no-room-step = Dateien löschen, die nicht zu Usher gehören, bis { $needed } MB frei sind (jetzt { $free } MB), dann neu starten.
prompts-checking = Die Liste wird geprüft: { $done } von { $total }
prompts-no-list = Es gibt noch keine Ticketliste; sie wird geholt.
prompts-downloading = Die Liste wird geholt: { $done } von { $total } Einträgen
prompts-show-code = Den Anmelde-QR des Veranstalters vor die Kamera halten. Strg-C beendet.
prompts-digits = Ziffern: { $digits }
prompts-digits-compare = Ziffern: { $digits }. Der Veranstalter muss auf dem Server dieselben sehen und bestätigen.
prompts-enrolled = Dieses Gerät ist Nummer { $number } von { $event }.
prompts-tickets = { $count } Tickets sind auf diesem Gerät. `usher` öffnet die Tür.
prompts-tab = Tab zeigt, was getippt ist.
