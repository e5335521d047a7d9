### What places and machines are called that have no name of their own, and how names are joined.

names-gate = Eingang { $number }
names-zone = Bereich { $number }
names-server = Server
names-terminal = Gerät { $number }
names-or = { $most } oder { $last }
