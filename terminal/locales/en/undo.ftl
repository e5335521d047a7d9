### Taking back.

undo-title = Take back
undo-key = take back
undo-loading = One moment …
undo-nothing = This door did nothing in the last 10 minutes that could be taken back.
undo-head = What this door did last:
undo-row-entry = { $time }  ✔ in   { $name }
undo-row-exit = { $time }  ↩ out  { $name }
undo-row-sale = { $time }  + sold  { $name }
undo-reason = Reason:
undo-reason-hint = Say why; the organiser sees it. Enter takes it back.
undo-done = Taken back.
undo-done-for = Taken back: { $name }.
undo-gone = Nothing taken back: it was taken back already.
undo-too-late = Nothing taken back: it is more than 10 minutes ago. Ask the organiser.
