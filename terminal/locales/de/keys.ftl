### What keys do, in a word or two, for the line of keys.

keys-back = zurück
keys-camera = Kamera
keys-choose = wählen
keys-direction = Ein⇄Aus
keys-doors = Türen
keys-drop = verwerfen
keys-help = Hilfe
keys-present = prüfen
keys-quit = Ende
keys-scroll = blättern
keys-search = Suche
keys-space = Leertaste
keys-stay = bleiben
keys-undo = Storno
keys-walk-in = Kasse
