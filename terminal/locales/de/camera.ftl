### The camera: its picture, its troubles, and how it is chosen.

camera-title = Kamera
camera-off = Kamera nicht in Gebrauch
camera-opening = Kamera startet …
camera-on = ● Kamera an
camera-on-hold = Den Code davorhalten.
camera-absent = ✖ Keine Kamera
camera-lost = ✖ Kamera verloren
camera-lost-step = Das Kabel prüfen: Sie wird von selbst wieder benutzt.

camera-hint-aim = zielen · 15–30 cm · { $fps } fps
camera-hint-opening = Kamera startet
camera-hint-off = Scanner oder getippter Code
camera-hint-none = keine Kamera: Scanner/Code
