### The first start: from an empty laptop to a terminal.
