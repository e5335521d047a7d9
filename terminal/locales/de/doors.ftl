### The other terminals.

doors-title = Türen
doors-key-gate = an anderen Eingang
doors-loading = Einen Moment …
doors-learned = Die Geräte der Veranstaltung, wie der Server sie vor { $ago } kannte:
doors-from-list = Der Server hat noch nichts gemeldet. Aus der Ticketliste bekannt:
doors-terminal = Gerät
doors-gate = Eingang
doors-in = ein
doors-out = aus
doors-heard = zuletzt gehört
doors-this = { $name } (dieses)
doors-here = hier
doors-ago = vor { $ago }
doors-silent = ! vor { $ago }
doors-never = ! nie
doors-revoked = gesperrt
doors-wiped = gelöscht
doors-forked = angehalten
doors-choose-gate = Wo steht dieses Gerät? Enter stellt es dorthin.
doors-stands-at = Dieses Gerät steht jetzt hier: { $gate }.
doors-not-standing = Nicht umgestellt: Dieses Gerät darf dort nicht stehen. Den Veranstalter fragen.
