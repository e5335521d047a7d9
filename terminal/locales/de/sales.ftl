### Sales and cash-up.
