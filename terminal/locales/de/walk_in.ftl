### Walk-ins: the form and the sold ticket.
