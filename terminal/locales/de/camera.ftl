### The camera: its picture, its troubles, and how it is chosen.

camera-title = Kamera

camera-off = Kamera nicht in Gebrauch
camera-opening = Kamera startet …
camera-on = ● Kamera an
camera-on-step = Code davorhalten.
camera-none = ✖ Keine Kamera
camera-none-connected = Keine ist angeschlossen.
camera-none-step = Eine anstecken: sie startet von selbst.
camera-not-there = Die gewählte ist nicht da.
camera-found = Gefunden: { $cameras }.

camera-lost = ✖ Kamera weg
camera-busy = Ein anderes Programm benutzt sie.
camera-busy-step = Das Programm schließen: sie startet von selbst.
camera-not-allowed = Dieser Benutzer darf sie nicht benutzen.
camera-not-allowed-step = Den Benutzer in die Gruppe „video“ aufnehmen und neu anmelden.
camera-unplugged = Sie wurde abgesteckt.
camera-unplugged-step = Wieder anstecken: sie startet von selbst.
camera-no-format = Sie hat kein lesbares Bild.
camera-no-format-step = Eine andere Kamera benutzen.
camera-silent = Sie sendet keine Bilder.
camera-silent-step = Sie wird neu gestartet. Hilft das nicht: neu anstecken.
camera-broken = Sie sendet gestörte Bilder.
camera-broken-step = Anderes Kabel oder andere Buchse nehmen.
camera-strange = Sie lässt sich nicht benutzen.
camera-strange-step = Neu anstecken: sie startet von selbst.

# The line below the picture; 29 columns at the least size, the pictures a second included.
camera-hint = { $aim } · { $fps } B/s
camera-hint-opening = Kamera startet
camera-hint-off = Scanner oder Code tippen
camera-hint-none = ohne Kamera: Scanner, Code
camera-aim = zielen · 15–30 cm
camera-read = gelesen
camera-too-dark = zu dunkel: mehr Licht
camera-too-bright = zu hell: kippen
camera-too-far = zu weit: näher kommen
camera-cut-off = verdeckt: ganz zeigen
camera-blurred = unscharf: stillhalten
camera-hold-still = stillhalten, 15–30 cm

# The screen on which it is chosen.
camera-screen-title = Kamera
camera-key-use = benutzen
camera-looking = Kameras werden gesucht …
camera-none-found = Keine Kamera angeschlossen. Eine anstecken: sie erscheint hier von selbst.
camera-unused = Diese Tür läuft ohne Kamera. Usher beenden und ohne --no-camera starten.
camera-choose = Welche Kamera? Sie wird sofort benutzt und gemerkt.
camera-choose-size = { $camera }: welche Größe? Größere Bilder reichen weiter und kosten mehr Rechenzeit.
camera-in-use = in Gebrauch, { $mode }
camera-starts = startet …
camera-up-to = bis { $size }
camera-mode = { $size }, { $fps } B/s, { $format }
