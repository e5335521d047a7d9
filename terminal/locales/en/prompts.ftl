### What is asked and told before the door opens.

prompts-passphrase = Passphrase:
prompts-new = New passphrase (Enter to have one made):
prompts-wrong = Wrong passphrase. Once more.
prompts-again = Once more:
prompts-differ = The two differ. Once more from the start.
prompts-made-keep = Write it down: without it nobody opens this terminal's data, and nobody can look it up.
prompts-no-room = The disk of this terminal is full, so it cannot open. What was checked in before is safe.
prompts-no-room-step = Delete files that aren't Usher's until { $needed } MB are free ({ $free } MB are now), then start it again.
prompts-checking = Checking the list: { $done } of { $total }
prompts-no-list = There is no ticket list yet; downloading it.
prompts-downloading = Downloading the list: { $done } of { $total } entries
prompts-show-code = Hold the organiser's enrolment QR in front of the camera. Ctrl-C ends.
prompts-digits = Digits: { $digits }
prompts-digits-compare = Digits: { $digits }. The organiser must see the same on the server, and confirm.
prompts-enrolled = This laptop is terminal { $number } of { $event }.
prompts-tickets = { $count } tickets are on this laptop. `usher` opens the door.
prompts-tab = Tab shows what is typed.
