### What keys do, in a word or two, for the line of keys.

keys-back = back
keys-camera = camera
keys-choose = choose
keys-direction = entry⇄exit
keys-doors = doors
keys-drop = drop
keys-help = help
keys-present = present
keys-quit = quit
keys-scroll = scroll
keys-search = search
keys-space = Space
keys-stay = stay
keys-undo = undo
keys-walk-in = walk-in
