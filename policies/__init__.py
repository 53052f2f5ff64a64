"""The ground: the words and rules that both towers speak. Standard library only."""

from policies.regexes import mend

mend()  # before any rule is compiled
