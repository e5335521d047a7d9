### The help screen.

help-title = Hilfe
# A letter and a function key that do the same.
help-two-keys = { $letter } oder { $key }
help-search = Gast suchen: Name, Bestellung, E-Mail oder Ticketnummer.
help-group = Die anderen aus der Bestellung des Gasts, zusammen einlassen.
help-walk-in = Ein Ticket verkaufen, mit oder ohne Server.
help-direction = Zwischen Eingang und Ausgang wechseln.
help-undo = Zurücknehmen, was diese Tür zuletzt gebucht hat.
help-look = Eine Minute lang Codes nur ansehen; dadurch kommt niemand hinein.
help-decide = Den gezeigten Gast mit Begründung trotzdem einlassen.
help-doors = Die anderen Türen, wann jede zuletzt gehört wurde, und ein anderer Eingang für diese.
help-drill = Bereit? Prüft vor dem Öffnen, ob alles stimmt.
help-code = Den Code unter dem Ticket eintippen. Eine Ziffer beginnt ihn auch; Enter prüft ihn, Esc verwirft ihn.
help-sales = Verkäufe an diesem Gerät; Kassensturz.
help-detail = Technische Einzelheiten der letzten Entscheidung.
help-camera-choice = Andere Kamera oder andere Bildgröße.
help-picture = Kamerabild aus oder an.
help-sound = Ton aus oder an.
help-operator = Wer an der Tür ist, und eine PIN für den Bildschirm.
help-lock = Bildschirm sperren. Scannen geht weiter.
help-scanner-test = Usher beibringen, wie der Handscanner tippt.
help-help = Diese Hilfe.
help-back = Zurück.
help-quit = Beenden. Alle Buchungen bleiben auf diesem Gerät sicher.

help-camera = Kamera
help-camera-use = Braucht keine Taste. Ein Code, der davor bleibt, wird einmal gelesen.
help-scanner = Handscanner
help-scanner-use = Braucht keine Taste, auf jedem Bildschirm, mit oder ohne Enter.

help-admit = Einlassen. Es ist schon festgehalten.
help-check = Erst tun oder fragen, was dort steht.
help-deny = Nicht einlassen. Grund und nächster Schritt stehen dort.
help-exit = Der Gast ist draußen.
help-repeat = Zweimal nacheinander gelesen. Zählt einmal.
help-fault = ■ STÖRUNG, STOPP
help-fault-means = Liegt am Gerät, nie am Gast.
