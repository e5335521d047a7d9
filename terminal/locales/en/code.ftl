### The line for codes typed by hand.

code-title = Code
code-hint = The code under the ticket; hyphens may be left out.
code-empty = Nothing typed.
code-symbol = No code has a '{ $symbol }'.
code-too-long = Too long for a code.
code-mistake = A typing mistake: compare with the ticket.
