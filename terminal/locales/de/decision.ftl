### Decisions of people: questions, overrides, looking without admitting; and what is not known of other doors.

decision-title = Trotzdem einlassen?
decision-collect = { $price } jetzt kassieren? Bezahlt: einlassen. Nicht bezahlt: abweisen.
decision-identity = Ausweis prüfen. Ist es diese Person?
decision-let-in = Trotzdem einlassen? Das wird hier entschieden, mit Begründung.

decision-key-usual = üblicher Grund
decision-key-words = eigene Worte
decision-key-on = weiter
decision-key-pin = PIN
decision-key-let-in = einlassen
decision-key-cash = bar bezahlt
decision-key-card = mit Karte bezahlt
decision-key-refuse = abweisen
decision-key-seen = ja, richtige Person
decision-key-not-seen = nein, zurücknehmen
decision-key-override = trotzdem einlassen
decision-key-next = nächster Gast
decision-key-detail = Einzelheiten

decision-why = Warum? Der Veranstalter sieht es.
decision-reason = Grund:
decision-which-supervisor = Welche Leitung entscheidet?
decision-type-pin = Die Leitung tippt ihre PIN. Enter lässt den Gast ein.
decision-pin = PIN:
decision-one-moment = Einen Moment …
decision-choose-reason = Eine Nummer wählen oder mit eigenen Worten begründen.
decision-usual-known = Der Gast ist mir bekannt.
decision-usual-organiser = Der Veranstalter hat zugestimmt.
decision-usual-mistake = Die erste Buchung war ein Versehen.
decision-usual-came-back = Der Gast war ungesehen hinausgegangen.
decision-usual-help-desk = Der Infoschalter schickt den Gast.
decision-usual-receipt = Der Gast hat eine Quittung gezeigt.

decision-gone = Niemand eingelassen: Die Frage ist vorbei. Ticket neu vorzeigen.
decision-nobody = Niemand eingelassen: Hier darf niemand anders entscheiden.
decision-needs-supervisor = Niemand eingelassen: Das braucht die Leitung. Zum Infoschalter schicken.
decision-no-reason = Niemand eingelassen: Es fehlt ein Grund.
decision-nothing-to-collect = Niemand eingelassen: Es gibt keinen Preis zu kassieren.
decision-pin-unknown = Keine Leitung heißt so.
decision-pin-wrong = { $left ->
    [one] Falsche PIN. Noch ein Versuch.
   *[other] Falsche PIN. Noch { $left } Versuche.
}
decision-pin-paused = Zu viele falsche PINs. Noch { $span } warten.

decision-looking = NUR ANSEHEN · noch { $span }
decision-look-ready = Codes werden jetzt nur angesehen.
decision-look-ready-more = Nichts wird gebucht, niemand kommt hinein. Es endet von selbst oder mit Esc.
decision-would-be = Wäre { $verdict }. Nichts ist gebucht.

decision-list-old = Liste { $span } alt.
decision-not-heard = { $door } seit { $time } nicht gehört.
decision-not-heard-more = { $count ->
    [one] 1 weitere Tür schweigt.
   *[other] { $count } weitere Türen schweigen.
}
decision-inside = drin { $inside }
decision-inside-of = drin { $inside } von { $capacity }
decision-silent = still { $span }: { $door }
decision-double = Doppelt: { $name }, { $here } hier, { $there } bei { $gate } ({ $device }).
