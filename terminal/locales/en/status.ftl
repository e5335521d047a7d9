### The frame's title and the status line.

status-usher = Usher
status-where = { $event } · { $gate }
status-entry = ENTRY
status-exit = EXIT
status-online = ● ONLINE
status-offline = ○ OFFLINE
status-offline-since = ○ OFFLINE since { $time }

status-to-send = to send { $count }
status-list-age = list { $span } old
status-list-none = no list yet
status-list-coming = { $list }, { $percent } % of a new one
status-disk-low = disk nearly full: { $megabytes } MB
status-rate = this door { $count } / h
status-sound-off = sound off
status-silence = NOT RESPONDING for { $span }
