### Decisions of people: questions, overrides, looking without admitting.
