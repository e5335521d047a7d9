### The camera: its picture, its troubles, and how it is chosen.

camera-title = camera

camera-off = Camera not in use
camera-opening = Starting the camera …
camera-on = ● Camera on
camera-on-step = Hold the code in front of it.
camera-none = ✖ No camera
camera-none-connected = None is connected.
camera-none-step = Plug one in: it is taken up by itself.
camera-not-there = The chosen one is not there.
camera-found = Found: { $cameras }.

camera-lost = ✖ Camera lost
camera-busy = Another program uses it.
camera-busy-step = Close that program: it is taken up by itself.
camera-not-allowed = This user may not use it.
camera-not-allowed-step = Add the user to the group "video" and log in again.
camera-unplugged = It was unplugged.
camera-unplugged-step = Plug it in: it is taken up by itself.
camera-no-format = It has no picture that can be read.
camera-no-format-step = Use another camera.
camera-silent = It sends no pictures.
camera-silent-step = It is started again. If this comes back, plug it in anew.
camera-broken = It sends broken pictures.
camera-broken-step = Try another cable or socket.
camera-strange = It can't be used.
camera-strange-step = Plug it in anew: it is taken up by itself.

# The line below the picture; 29 columns at the least size, the pictures a second included.
camera-hint = { $aim } · { $fps } fps
camera-hint-opening = camera starting
camera-hint-off = scanner or typed code
camera-hint-none = no camera: scanner or code
camera-aim = aim · hold 15–30 cm
camera-read = read
camera-too-dark = too dark: more light
camera-too-bright = too bright: tilt it
camera-too-far = too far: come closer
camera-cut-off = cut off: show it all
camera-blurred = blurred: hold still
camera-hold-still = hold still, 15–30 cm

# The screen on which it is chosen.
camera-screen-title = Camera
camera-key-use = use
camera-looking = Looking for cameras …
camera-none-found = No camera is connected. Plug one in: it appears here by itself.
camera-unused = This door was opened without a camera. Close Usher and start it without --no-camera.
camera-choose = Which camera? It is used at once and remembered.
camera-choose-size = { $camera }: which size? Larger pictures reach further and take more of this laptop.
camera-in-use = in use, { $mode }
camera-starts = is being started …
camera-up-to = up to { $size }
camera-mode = { $size }, { $fps } fps, { $format }
