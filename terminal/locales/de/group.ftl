### Guests of one order.
