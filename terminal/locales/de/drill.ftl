### The ready check.
