### Search.

search-title = Gast suchen
search-field = Suchen:
search-hint = Ein Teil von Name, E-Mail, Bestellung, Ticketnummer oder Ticketart. Tippfehler schaden nicht.
search-known = { $count ->
    [0] Die Ticketliste ist leer.
    [one] { $count } Ticket auf der Liste.
   *[other] { $count } Tickets auf der Liste.
}
search-loading = Einen Moment …
search-unreadable = Die Ticketliste ist nicht lesbar. Den Code unter dem Ticket tippen (t) oder zum Infoschalter schicken.
search-count = { $count ->
    [0] Niemand gefunden.
    [one] { $count } gefunden.
   *[other] { $count } gefunden.
}
search-similar-only = Niemand genau. { $count ->
    [one] { $count } ähnlich (≈).
   *[other] { $count } ähnlich (≈).
}
search-similar = { $count ->
    [one] { $count } ähnlich (≈).
   *[other] { $count } ähnlich (≈).
}
search-shown = Gezeigt werden die ersten { $count }; mehr tippen.
search-manual-supervisor = Ohne Code entscheidet bei dieser Veranstaltung die Leitung.
search-manual-never = Ohne Code kommt bei dieser Veranstaltung niemand hinein.

search-cancelled = storniert
search-blocked = gesperrt
search-unpaid = unbezahlt
search-inside = drin seit { $time }
search-used = benutzt { $time }
search-out = war drin { $time }
search-away = noch nicht da
search-valid = gültig

search-key-present = durchlassen
search-key-details = Einzelheiten
search-key-group = die Bestellung

search-detail-title = Was bekannt ist
search-detail-name = Name
search-detail-type = Ticketart
search-detail-ticket = Ticket
search-detail-status = Status
search-detail-presence = Hier
search-detail-email = E-Mail
search-detail-order = Bestellung
search-detail-note = Notiz
search-detail-first = Zuerst drin
search-detail-last = Zuletzt drin
search-detail-at = { $time } bei { $gate } ({ $device })
search-detail-never = nie, soweit dieses Gerät weiß
search-detail-none = nichts
