### Taking back.
