### Lines of the door without a screen.

lines-verdict = { $verdict } { $what }
lines-fault = STÖRUNG { $what }
lines-stop = STOPP { $what }
lines-status = { $link }, { $tickets } Tickets, { $unsent } zu senden
