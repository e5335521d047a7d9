### What places and machines are called that have no name of their own, and how names are joined.

names-gate = gate { $number }
names-zone = zone { $number }
names-server = the server
names-terminal = terminal { $number }
names-or = { $most } or { $last }
