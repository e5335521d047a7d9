### The other terminals.
