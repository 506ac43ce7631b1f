"""The engine's parts in C++ alone, given to libFuzzer: it keeps what reaches new code and changes that further.

python -m fuzz.native [TARGET …] [--seconds S] [--seed N] [--out DIR]

The targets are compiled with AddressSanitizer and UndefinedBehaviorSanitizer, without Python, and run beside each
other. An input that a sanitizer reports, that breaks a promise, or that takes too long or too much memory is kept in
DIR, and so are the inputs that reached something new: the next run begins with them.
"""
