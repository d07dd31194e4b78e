"""What both foreign languages inherit from Go: its values, numbers, times, texts and printing.

Pure, and not a language itself: `gotemplate` and `expr` build on it.
"""
