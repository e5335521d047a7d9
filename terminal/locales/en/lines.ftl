### Lines of the door without a screen.

lines-verdict = { $verdict } { $what }
lines-fault = FAULT { $what }
lines-stop = STOP { $what }
lines-status = { $link }, { $tickets } tickets, { $unsent } to send
