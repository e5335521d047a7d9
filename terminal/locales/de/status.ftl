### The frame's title and the status line.

status-usher = Usher
status-where = { $event } · { $gate }
status-entry = EINGANG
status-exit = AUSGANG
status-online = ● ONLINE
status-offline = ○ OFFLINE
status-offline-since = ○ OFFLINE seit { $time }

status-to-send = zu senden { $count }
status-list-age = Liste { $span } alt
status-list-none = noch keine Liste
status-list-coming = { $list }, neue zu { $percent } %
status-disk-low = Platte fast voll: { $megabytes } MB
status-rate = diese Tür { $count } / h
status-sound-off = Ton aus
status-silence = ANTWORTET NICHT seit { $span }
