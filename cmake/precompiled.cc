// Gives the precompiled header a target of its own; every room reuses it.
