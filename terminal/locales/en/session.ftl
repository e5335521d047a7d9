### Operators, the lock, hand scanners.
