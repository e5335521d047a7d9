### The camera: its picture, its troubles, and how it is chosen.

camera-title = camera
camera-off = Camera not in use
camera-opening = Starting the camera …
camera-on = ● Camera on
camera-on-hold = Hold the code in front of it.
camera-absent = ✖ No camera
camera-lost = ✖ Camera lost
camera-lost-step = Check its cable: it is taken up again by itself.

camera-hint-aim = aim · hold 15–30 cm · { $fps } fps
camera-hint-opening = camera starting
camera-hint-off = scanner or typed code
camera-hint-none = no camera: scanner or code
