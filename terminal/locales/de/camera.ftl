### The camera: its picture, its troubles, and how it is chosen.
