### What only plain mode says: the same door as lines of text, for screen readers.

plain-keys = Tasten: { $keys }
plain-arrows = Pfeiltasten
plain-arrows-sideways = links und rechts
plain-tab = Tab
plain-again = Noch einmal sagen, wo das ist, wie es steht und welche Tasten gehen.
plain-chosen = Gewählt: { $row }
plain-more = { $count } weitere.
plain-sound-on = Ton an
plain-ticket = Der Code ist ein Bild: drucken, oder dem Gast die Nummer oben geben.
plain-light-green = In Ordnung:
plain-light-amber = Achtung:
plain-light-red = Problem:
