### The technical detail of a decision: for whoever helps on the phone.

detail-title = Einzelheiten der letzten Entscheidung
detail-nothing = Noch nichts entschieden.
detail-none = keine

detail-time = Zeit
detail-direction = Richtung
detail-ticket = Ticket
detail-entry = Journaleintrag
detail-took = Dauer
detail-codes = Codes
detail-override = Ausnahme durch
detail-flags = Merkmale
detail-not-ready = nicht bereit
detail-event = Veranstaltung
detail-issue = Ausgabe
detail-issue-none = keine: getippt oder benannt
detail-listed = Liste
detail-listed-as = Ausgabe { $issue }, { $class }, { $status }
detail-listed-class = Ticketart { $number }
detail-listed-no = nein, Liste bei { $cursor }
detail-gate = Eingang
detail-gate-into = { $gate } nach { $zone }
detail-gate-no-zone = ohne Bereich
detail-last-in = zuletzt hinein
detail-last-in-at = { $time } { $gate }, { $device }, Eintrag { $entry }
detail-uses = bisher genutzt
detail-uses-of = { $used } von { $limit }
detail-uses-any = beliebig oft
detail-window = Zeitraum
detail-window-span = { $from } bis { $until }
detail-home-gate = Heimateingang
detail-clock = Uhr
detail-inside = drinnen
detail-inside-of = { $inside } von { $capacity }
