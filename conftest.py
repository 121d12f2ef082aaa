"""What holds for every test in Python."""

import signal

# Started in the background of a script, this process was told to ignore Ctrl-C, and would hand that on to the programs
# that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
