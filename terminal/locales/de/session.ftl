### Operators, the lock, hand scanners.

session-operator-title = Wer ist an der Tür
session-name = Name:
session-name-hint = Der Name steht bei jedem Einlass; der Veranstalter sieht ihn.
session-recent = Oder wer schon hier war:
session-pin-title = Eine PIN für diesen Bildschirm
session-pin = PIN:
session-pin-again = PIN noch einmal:
session-pin-hint = 4 bis 12 Ziffern. Sie entsperrt den Bildschirm, bis Usher beendet wird.
session-pin-skip = Enter ohne PIN geht ohne weiter.
session-pin-length = Eine PIN hat 4 bis 12 Ziffern.
session-pin-differ = Die beiden sind verschieden. Neue PIN eingeben.
session-is-operator = An der Tür: { $name }.
session-is-nobody = An der Tür: niemand mit Namen.
session-pin-set = Die PIN gilt. k sperrt diesen Bildschirm.
session-locked = GESPERRT
session-locked-key = k entsperrt
session-locked-scan = Scannen geht weiter.
session-locked-rest = Niemand wird eingelassen, bis entsperrt ist.
session-unlock-title = Gesperrt
session-unlock-hint = Die PIN, mit der gesperrt wurde.
session-wrong-pin = { $left ->
    [one] Falsche PIN. Noch ein Versuch; danach hilft nur die Passphrase.
   *[other] Falsche PIN. Noch { $left } Versuche.
}
session-sealed = Zu viele falsche PINs. Weiter geht es mit der Passphrase; alle Einlässe sind auf diesem Gerät sicher.
session-next = weiter
session-set = festlegen
session-lock = sperren
session-unlock = entsperren

session-scanner-title = Handscanner
session-scanner-scan = Diesen Code mit dem Handscanner scannen.
session-scanner-plain = Handscanner und Tastatur passen zusammen.
session-scanner-learned = Gelernt: Der Handscanner schreibt wie eine andere Tastatur, und Usher versteht ihn jetzt.
session-scanner-dead = Tote Tasten sind hier: { $signs }. Manche Tickets sind vielleicht nicht lesbar.
session-scanner-missing = Nicht angekommen: { $signs }. Manche Tickets sind nicht lesbar.
session-scanner-confused = Nicht zu unterscheiden: { $signs }. Manche Tickets sind nicht lesbar.
session-scanner-country = Den Scanner auf das Land dieser Tastatur stellen (Code im Handbuch), dann noch einmal scannen.
session-scanner-other = Das war ein anderer Code. Den auf diesem Bildschirm scannen.
session-scanner-incomplete = Der Code kam mit Lücken. Noch einmal scannen; bleibt es so, den Scanner langsamer stellen.
