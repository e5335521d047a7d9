### Taking back.

undo-title = Zurücknehmen
undo-key = zurücknehmen
undo-loading = Einen Moment …
undo-nothing = In den letzten 10 Minuten hat diese Tür nichts gebucht, was zurückzunehmen wäre.
undo-head = Zuletzt an dieser Tür:
undo-row-entry = { $time }  ✔ ein  { $name }
undo-row-exit = { $time }  ↩ aus  { $name }
undo-row-sale = { $time }  + verkauft  { $name }
undo-reason = Grund:
undo-reason-hint = Warum? Der Veranstalter sieht es. Enter nimmt zurück.
undo-done = Zurückgenommen.
undo-done-for = Zurückgenommen: { $name }.
undo-gone = Nichts zurückgenommen: Das war schon geschehen.
undo-too-late = Nichts zurückgenommen: Es ist über 10 Minuten her. Den Veranstalter fragen.
